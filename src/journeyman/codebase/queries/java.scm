(class_declaration name: (identifier) @name superclass: (_)? @bases interfaces: (_)? @bases) @class
(record_declaration name: (identifier) @name interfaces: (_)? @bases) @class
(enum_declaration name: (identifier) @name interfaces: (_)? @bases) @type
(interface_declaration name: (identifier) @name (extends_interfaces)? @bases) @interface
(annotation_type_declaration name: (identifier) @name) @interface
(method_declaration name: (identifier) @name) @method
(annotation_type_element_declaration name: (identifier) @name) @method
(compact_constructor_declaration name: (identifier) @name) @method
(enum_constant name: (identifier) @name) @constant
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @constant
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @field
(constructor_declaration name: (identifier) @name) @method
((method_declaration (modifiers (marker_annotation name: (identifier) @_test)) name: (identifier) @name) @test
  (#any-of? @_test "Test" "ParameterizedTest" "RepeatedTest"))
((field_declaration (modifiers) @_how declarator: (variable_declarator name: (identifier) @name)) @constant
  (#match? @_how "static[^;]*final|final[^;]*static"))
((method_declaration (modifiers (annotation
  name: (identifier) @_route
  arguments: (annotation_argument_list [(string_literal) @name (element_value_pair value: (string_literal) @name)])))) @route
  (#any-of? @_route "GetMapping" "PostMapping" "PutMapping" "DeleteMapping" "PatchMapping" "RequestMapping" "Path"))

(method_invocation name: (identifier) @call)
(object_creation_expression type: [(type_identifier) @call (generic_type (type_identifier) @call)])

(import_declaration (scoped_identifier) @module)

[(if_statement) (for_statement) (enhanced_for_statement) (while_statement) (do_statement) (switch_label) (catch_clause)
 (ternary_expression)] @branch
(binary_expression operator: ["&&" "||"]) @branch
