(function_definition declarator: (function_declarator declarator: (identifier) @name)) @function
(function_definition declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @name))) @function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @name)))) @function
(struct_specifier name: (type_identifier) @name body: (_)) @class
(union_specifier name: (type_identifier) @name body: (_)) @class
(enum_specifier name: (type_identifier) @name body: (_)) @type
(type_definition declarator: (type_identifier) @name) @type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (type_identifier) @name)))) @type
(type_definition declarator: (pointer_declarator declarator: [(type_identifier) @name
  (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))])) @type
(type_definition declarator: [(function_declarator declarator: (type_identifier) @name)
  (array_declarator declarator: (type_identifier) @name)]) @type
(field_declaration declarator: [(field_identifier) @name
  (array_declarator declarator: (field_identifier) @name)
  (pointer_declarator declarator: (field_identifier) @name)
  (pointer_declarator declarator: (pointer_declarator declarator: (field_identifier) @name))
  (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))
  ]) @field
([(translation_unit (declaration (storage_class_specifier)? @_where declarator: [(identifier) @name
    (array_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (identifier) @name)
    (init_declarator declarator: [(identifier) @name
      (pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])]) @constant)
  (preproc_ifdef (declaration (storage_class_specifier)? @_where declarator: [(identifier) @name
    (init_declarator declarator: [(identifier) @name
      (pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])]) @constant)
  (preproc_if (declaration (storage_class_specifier)? @_where declarator: [(identifier) @name
    (init_declarator declarator: [(identifier) @name
      (pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])]) @constant)]
  (#not-eq? @_where "extern"))
(preproc_def name: (identifier) @name) @constant
(preproc_function_def name: (identifier) @name) @function
(enumerator name: (identifier) @name) @constant

(call_expression function: [(identifier) @call (field_expression field: (field_identifier) @call)])
(preproc_include path: (_) @module)

[(if_statement) (for_statement) (while_statement) (do_statement) (case_statement) (conditional_expression)] @branch
(binary_expression operator: ["&&" "||"]) @branch
