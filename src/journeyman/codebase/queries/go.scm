(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (pointer_type (type_identifier) @owner)
    (generic_type type: (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))]))
  name: (field_identifier) @name) @method
(type_declaration (type_spec name: (type_identifier) @name type: (struct_type)) @class)
(type_declaration (type_spec name: (type_identifier) @name
  type: (struct_type (field_declaration_list (field_declaration !name type: (_) @bases)))) @class)
(type_declaration (type_spec name: (type_identifier) @name type: (interface_type)) @interface)
(type_declaration (type_spec name: (type_identifier) @name
  type: (interface_type (type_elem . [(type_identifier) (qualified_type)] @bases .))) @interface)
(type_declaration (type_spec name: (type_identifier) @name type: [
  (type_identifier) (qualified_type) (function_type) (map_type) (slice_type) (array_type) (pointer_type) (channel_type)
  (generic_type)]) @type)
(type_declaration (type_alias name: (type_identifier) @name) @type)
(field_declaration name: (field_identifier) @name) @field
(interface_type (method_elem name: (field_identifier) @name) @method)
(source_file (const_declaration (const_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @constant)))

((call_expression
  function: (selector_expression field: (field_identifier) @_verb)
  arguments: (argument_list . (interpreted_string_literal) @name (_))) @route
  (#any-of? @_verb "HandleFunc" "Handle" "GET" "POST" "PUT" "DELETE" "PATCH" "Get" "Post" "Put" "Delete" "Patch")
  (#match? @name "^.[/]"))

(call_expression function: [(identifier) @call (selector_expression field: (field_identifier) @call)])

(import_spec path: (interpreted_string_literal) @module)
(import_spec name: (package_identifier) @alias path: (interpreted_string_literal) @module)

[(if_statement) (for_statement) (expression_case) (type_case) (communication_case)] @branch
(binary_expression operator: ["&&" "||"]) @branch
