(function_definition name: (word) @name) @function
((command name: (command_name (word) @_test) argument: [(string) (raw_string)] @name) @test (#eq? @_test "@test"))
((command name: (command_name (word) @_alias) argument: (concatenation . (word) @name)) @function
  (#eq? @_alias "alias"))
(program (variable_assignment name: (variable_name) @name) @constant)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @constant)

(command name: (command_name (word) @call))
((command name: (command_name (word) @_source) argument: [(word) (string) (raw_string) (concatenation)] @module) (#any-of? @_source "source" "."))

[(if_statement) (elif_clause) (for_statement) (c_style_for_statement) (while_statement) (case_item)] @branch
(list ["&&" "||"]) @branch
