(variable_declarator name: (identifier) @name value: (class (class_heritage)? @bases)) @class
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: [(property_identifier) (private_property_identifier) (computed_property_name) (string)] @name) @method
(lexical_declaration (variable_declarator
  name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)])) @function
(variable_declaration (variable_declarator
  name: (identifier) @name value: [(arrow_function) (function_expression)])) @function
([(arguments (function_expression name: (identifier) @name) @function)
  (return_statement (function_expression name: (identifier) @name) @function)])
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: [(arrow_function) (function_expression)]) @function
(pair key: [(property_identifier) (string)] @name value: [(arrow_function) (function_expression)]) @function
(program (variable_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (lexical_declaration "let" (variable_declarator name: (identifier) @name)) @constant)
(program (export_statement (lexical_declaration "let" (variable_declarator name: (identifier) @name)) @constant))
((expression_statement (call_expression
  function: [(identifier) @_verb (member_expression object: (identifier) @_verb)]
  arguments: (arguments . [(string) (template_string)] @name [(arrow_function) (function_expression)]))) @suite
  (#any-of? @_verb "describe" "context" "suite"))
((expression_statement (call_expression
  function: [(identifier) @_verb (member_expression object: (identifier) @_verb)]
  arguments: (arguments . [(string) (template_string)] @name [(arrow_function) (function_expression)]))) @test
  (#any-of? @_verb "it" "test" "specify"))
((expression_statement (call_expression
  function: (member_expression property: (property_identifier) @_verb)
  arguments: (arguments . (string) @name (_)))) @route
  (#any-of? @_verb "get" "post" "put" "patch" "delete" "all" "use" "route")
  (#match? @name "^.[/]"))
(call_expression function: [(identifier) @call (member_expression property: (property_identifier) @call)])
(new_expression constructor: [(identifier) @call (member_expression property: (property_identifier) @call)])
(import_statement source: (string) @module)
(import_statement (import_clause (identifier) @imported) source: (string) @module)
(import_statement (import_clause (named_imports (import_specifier
  name: (identifier) @imported alias: (identifier)? @alias))) source: (string) @module)
(import_statement (import_clause (namespace_import (identifier) @alias)) source: (string) @module)
(export_statement source: (string) @module)
((variable_declarator name: [(identifier) @alias (object_pattern (shorthand_property_identifier_pattern) @imported)
    (object_pattern (pair_pattern key: (property_identifier) @imported value: (identifier) @alias))]
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @module)))
  (#eq? @_require "require"))
((call_expression function: (identifier) @_require arguments: (arguments . (string) @module))
  (#eq? @_require "require"))
((call_expression function: (import) arguments: (arguments . (string) @module)))
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (switch_case) (catch_clause)
 (ternary_expression)] @branch
(binary_expression operator: ["&&" "||" "??"]) @branch
