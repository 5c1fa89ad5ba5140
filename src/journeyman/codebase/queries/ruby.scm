(class name: [(constant) (scope_resolution)] @name superclass: (superclass)? @bases) @class
(module name: [(constant) (scope_resolution)] @name) @namespace
(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(assignment left: (constant) @name) @constant
((call !receiver method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name)) @field
  (#any-of? @_attribute "attr_accessor" "attr_reader" "attr_writer"))
(alias name: (_) @name) @method
((call !receiver method: (identifier) @_alias arguments: (argument_list . (simple_symbol) @name)) @method
  (#any-of? @_alias "alias_method" "define_method" "delegate_method"))
((call method: (identifier) @_verb
  arguments: (argument_list . [(string) (constant) (scope_resolution) (simple_symbol)] @name) block: (_)) @suite
  (#any-of? @_verb "describe" "context" "namespace"))
((call method: (identifier) @_verb arguments: (argument_list . (string) @name) block: (_)) @test
  (#any-of? @_verb "it" "specify" "test" "scenario"))
((call !receiver method: (identifier) @_verb arguments: (argument_list . (string) @name)) @route
  (#any-of? @_verb "get" "post" "put" "patch" "delete")
  (#match? @name "^.[/]"))

(call method: (identifier) @call)
((call receiver: (constant) @call method: (identifier) @_new) (#eq? @_new "new"))
((call !receiver method: (identifier) @_require arguments: (argument_list . (string) @module))
  (#any-of? @_require "require" "require_relative" "load"))

[(if) (elsif) (unless) (while) (until) (for) (when) (rescue) (conditional) (if_modifier) (unless_modifier)
 (while_modifier)] @branch
(binary operator: ["&&" "||" "and" "or"]) @branch
