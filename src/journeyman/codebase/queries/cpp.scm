(class_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name)
  (qualified_identifier scope: (_) @owner name: (type_identifier) @name)] (base_class_clause)? @bases body: (_)) @class
(struct_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name)
  (qualified_identifier scope: (_) @owner name: (type_identifier) @name)] (base_class_clause)? @bases body: (_)) @class
(union_specifier name: (type_identifier) @name body: (_)) @class
(enum_specifier name: (type_identifier) @name body: (_)) @type
(type_definition declarator: (type_identifier) @name) @type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (type_identifier) @name)))) @type
(alias_declaration name: (type_identifier) @name) @type
(concept_definition name: (identifier) @name) @type
(namespace_definition name: (_) @name) @namespace
(function_definition declarator: (function_declarator declarator: [
  (identifier) @name (field_identifier) @name (operator_name) @name (destructor_name) @name
  (qualified_identifier scope: (_) @owner name: [(identifier) (destructor_name) (operator_name)] @name)])) @function
(function_definition declarator: (_ (function_declarator declarator: [
  (identifier) @name (field_identifier) @name (operator_name) @name
  (qualified_identifier scope: (_) @owner name: [(identifier) (operator_name)] @name)]))) @function
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @method
((function_definition declarator: (function_declarator
  declarator: (identifier) @_macro parameters: (parameter_list . (_) @_suite . (_) @name))) @test
  (#any-of? @_macro "TEST" "TEST_F" "TEST_P" "TYPED_TEST"))
(field_declaration declarator: [(field_identifier) @name
  (array_declarator declarator: (field_identifier) @name)
  (pointer_declarator declarator: (field_identifier) @name)
  (reference_declarator (field_identifier) @name)]) @field
(translation_unit (declaration declarator: (init_declarator declarator: [(identifier) @name
  (array_declarator declarator: (identifier) @name)])) @constant)
(namespace_definition body: (declaration_list (declaration declarator: (init_declarator declarator: [(identifier) @name
  (array_declarator declarator: (identifier) @name)])) @constant))
(preproc_def name: (identifier) @name) @constant
(preproc_function_def name: (identifier) @name) @function
(enumerator name: (identifier) @name) @constant

(call_expression function: [
  (identifier) @call
  (field_expression field: (field_identifier) @call)
  (qualified_identifier name: (identifier) @call)
  (template_function name: (identifier) @call)])
(new_expression type: (type_identifier) @call)
(preproc_include path: (_) @module)
(using_declaration (qualified_identifier) @module)

[(if_statement) (for_statement) (for_range_loop) (while_statement) (do_statement) (case_statement) (catch_clause)
 (conditional_expression)] @branch
(binary_expression operator: ["&&" "||"]) @branch
