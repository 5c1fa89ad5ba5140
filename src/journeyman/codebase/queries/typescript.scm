(class_declaration name: (type_identifier) @name (class_heritage)? @bases) @class
(abstract_class_declaration name: (type_identifier) @name (class_heritage)? @bases) @class
(interface_declaration name: (type_identifier) @name (extends_type_clause)? @bases) @interface
(type_alias_declaration name: (type_identifier) @name) @type
(enum_declaration name: (identifier) @name) @type
(enum_body name: [(property_identifier) (string)] @name @constant)
(enum_assignment name: [(property_identifier) (string)] @name) @constant
(interface_body (property_signature name: [(property_identifier) (string)] @name) @field)
(type_alias_declaration value: (object_type (property_signature name: [(property_identifier) (string)] @name) @field))
(module name: (string) @name) @namespace
(internal_module name: (identifier) @name) @namespace
(function_signature name: (identifier) @name) @function
(method_signature name: (property_identifier) @name) @method
(abstract_method_signature name: (property_identifier) @name) @method
(public_field_definition name: (property_identifier) @name value: [(arrow_function) (function_expression)]) @method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @field
(program (lexical_declaration "const" (variable_declarator
  name: (identifier) @name
  value: [(string) (template_string) (number) (object) (array) (true) (false) (regex) (call_expression) (new_expression)
    (as_expression) (satisfies_expression) (member_expression) (binary_expression)])) @constant)
(program (export_statement (lexical_declaration "const" (variable_declarator
  name: (identifier) @name
  value: [(string) (template_string) (number) (object) (array) (true) (false) (regex) (call_expression) (new_expression)
    (as_expression) (satisfies_expression) (member_expression) (binary_expression)])) @constant))
