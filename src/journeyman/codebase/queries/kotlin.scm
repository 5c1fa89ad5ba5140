(class_declaration name: (identifier) @name) @class
(object_declaration name: (identifier) @name) @class
([(class_declaration name: (identifier) @name (delegation_specifiers (delegation_specifier
    [(user_type) @bases (constructor_invocation (user_type) @bases) (explicit_delegation . (user_type) @bases)])))
  (object_declaration name: (identifier) @name (delegation_specifiers (delegation_specifier
    [(user_type) @bases (constructor_invocation (user_type) @bases) (explicit_delegation . (user_type) @bases)])))] @class)
(function_declaration name: (identifier) @name) @function
((function_declaration (modifiers (annotation (user_type (identifier) @_test))) name: (identifier) @name) @test
  (#any-of? @_test "Test" "ParameterizedTest"))
(type_alias type: (identifier) @name) @type
(companion_object name: (identifier) @name) @class
(enum_entry . (identifier) @name) @constant
(secondary_constructor "constructor" @name) @method
((class_body (property_declaration (modifiers (property_modifier) @_const)
  (variable_declaration (identifier) @name)) @constant) (#eq? @_const "const"))
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(class_parameter ["val" "var"] (identifier) @name) @field
(source_file (property_declaration (variable_declaration (identifier) @name)) @constant)

(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
(import (qualified_identifier) @module)
(import (qualified_identifier) @module (identifier) @alias)

[(if_expression) (for_statement) (while_statement) (do_while_statement) (when_entry) (catch_block)] @branch
(binary_expression operator: ["&&" "||" "?:"]) @branch
