(class_declaration name: [(type_identifier) (user_type)] @name) @class
(class_declaration name: [(type_identifier) (user_type)] @name (inheritance_specifier) @bases) @class
(protocol_declaration name: (type_identifier) @name) @interface
(protocol_declaration name: (type_identifier) @name (inheritance_specifier) @bases) @interface
(typealias_declaration name: (type_identifier) @name) @type
(function_declaration name: (simple_identifier) @name) @function
(protocol_function_declaration name: (simple_identifier) @name) @method
(init_declaration name: "init" @name) @method
(subscript_declaration "subscript" @name) @method
(deinit_declaration "deinit" @name) @method
(associatedtype_declaration name: (type_identifier) @name) @type
(enum_entry name: (simple_identifier) @name) @constant
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @field)
(enum_class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @field)
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @field
((function_declaration (modifiers (attribute (user_type (type_identifier) @_test))) name: (simple_identifier) @name) @test
  (#eq? @_test "Test"))
(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @constant)

(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
(import_declaration (identifier) @module)

[(if_statement) (guard_statement) (for_statement) (while_statement) (repeat_while_statement) (switch_entry) (catch_block)
 (ternary_expression) (conjunction_expression) (disjunction_expression) (nil_coalescing_expression)] @branch
