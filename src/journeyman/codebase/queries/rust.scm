(struct_item name: (type_identifier) @name) @class
(union_item name: (type_identifier) @name) @class
(enum_item name: (type_identifier) @name) @type
(type_item name: (type_identifier) @name) @type
(trait_item name: (type_identifier) @name bounds: (_)? @bases) @interface
(mod_item name: (identifier) @name body: (_)) @namespace
(impl_item trait: (_)? @bases type: [
  (type_identifier) @name
  (primitive_type) @name
  (reference_type type: [(type_identifier) (primitive_type)] @name)
  (generic_type type: (type_identifier) @name)
  (scoped_type_identifier name: (type_identifier) @name)]) @class
(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @function
(macro_definition name: (identifier) @name) @function
(const_item name: (identifier) @name) @constant
(static_item name: (identifier) @name) @constant
(enum_variant name: (identifier) @name) @constant
(associated_type name: (type_identifier) @name) @type
(field_declaration name: (field_identifier) @name) @field
((attribute_item (attribute [(identifier) @_test (scoped_identifier name: (identifier) @_test)])) .
  (function_item name: (identifier) @name) @test
  (#eq? @_test "test"))

(call_expression function: [
  (identifier) @call
  (field_expression field: (field_identifier) @call)
  (scoped_identifier name: (identifier) @call)
  (generic_function function: [(identifier) @call (field_expression field: (field_identifier) @call)
    (scoped_identifier name: (identifier) @call)])])
(macro_invocation macro: [(identifier) @call (scoped_identifier name: (identifier) @call)])

(use_declaration argument: [(identifier) (scoped_identifier) (use_wildcard) (use_list)] @module)
(scoped_use_list path: (_) @module list: (use_list [(identifier) @imported
  (use_as_clause path: (identifier) @imported alias: (identifier) @alias)
  (scoped_identifier name: (identifier) @imported)]))
(use_declaration argument: (use_as_clause path: (_) @module alias: (identifier) @alias))

[(if_expression) (for_expression) (while_expression) (loop_expression) (match_arm) (try_expression)] @branch
(binary_expression operator: ["&&" "||"]) @branch
