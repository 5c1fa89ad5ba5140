(class_declaration name: (identifier) @name (class_heritage)? @bases) @class
(field_definition property: (property_identifier) @name value: [(arrow_function) (function_expression)]) @method
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @field
(program (lexical_declaration "const" (variable_declarator
  name: (identifier) @name
  value: [(string) (template_string) (number) (object) (array) (true) (false) (regex) (call_expression) (new_expression)
    (member_expression) (binary_expression)])) @constant)
(program (export_statement (lexical_declaration "const" (variable_declarator
  name: (identifier) @name
  value: [(string) (template_string) (number) (object) (array) (true) (false) (regex) (call_expression) (new_expression)
    (member_expression) (binary_expression)])) @constant))
