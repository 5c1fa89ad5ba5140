(class_declaration name: (identifier) @name (base_list)? @bases) @class
(struct_declaration name: (identifier) @name (base_list)? @bases) @class
(record_declaration name: (identifier) @name (base_list)? @bases) @class
(interface_declaration name: (identifier) @name (base_list)? @bases) @interface
(enum_declaration name: (identifier) @name) @type
(delegate_declaration name: (identifier) @name) @type
(file_scoped_namespace_declaration name: (_) @name) @namespace
(enum_member_declaration name: (identifier) @name) @constant
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @field
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @field
(event_declaration name: (identifier) @name) @field
(namespace_declaration name: (_) @name) @namespace
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @method
(local_function_statement name: (identifier) @name) @function
(property_declaration name: (identifier) @name) @field
((field_declaration (modifier) @_how (variable_declaration (variable_declarator name: (identifier) @name))) @constant
  (#any-of? @_how "const" "static"))
((method_declaration (attribute_list (attribute name: [(identifier) @_test (qualified_name name: (identifier) @_test)])) name: (identifier) @name) @test
  (#any-of? @_test "Test" "TestMethod" "Fact" "Theory" "TestCase"))
((method_declaration (attribute_list (attribute
  name: (identifier) @_route (attribute_argument_list (attribute_argument (string_literal) @name))))) @route
  (#match? @_route "^(Http(Get|Post|Put|Delete|Patch)|Route)$"))

(invocation_expression function: [
  (identifier) @call (generic_name (identifier) @call)
  (member_access_expression name: [(identifier) @call (generic_name (identifier) @call)])])
(object_creation_expression type: [(identifier) @call (generic_name (identifier) @call)])

(using_directive [(identifier) (qualified_name)] @module)

[(if_statement) (for_statement) (foreach_statement) (while_statement) (do_statement) (switch_section)
 (switch_expression_arm) (catch_clause) (conditional_expression)] @branch
(binary_expression operator: ["&&" "||" "??"]) @branch
