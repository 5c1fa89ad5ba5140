(class_declaration name: (name) @name (base_clause)? @bases (class_interface_clause)? @bases) @class
(interface_declaration name: (name) @name (base_clause)? @bases) @interface
(class_declaration name: (name) @name body: (declaration_list (use_declaration) @bases)) @class
(trait_declaration name: (name) @name) @class
(namespace_definition name: (namespace_name) @name) @namespace
(property_declaration (property_element name: (variable_name (name) @name))) @field
(property_promotion_parameter name: (variable_name (name) @name)) @field
(enum_case name: (name) @name) @constant
((attribute (name) @_attribute parameters: (arguments . (argument (_) @name))) @route (#eq? @_attribute "Route"))
(enum_declaration name: (name) @name (class_interface_clause)? @bases) @type
(function_definition name: (name) @name) @function
(method_declaration name: (name) @name) @method
(const_declaration (const_element (name) @name)) @constant
((scoped_call_expression
  scope: (name) @_route name: (name) @_verb arguments: (arguments . (argument (_) @name))) @route
  (#eq? @_route "Route")
  (#any-of? @_verb "get" "post" "put" "patch" "delete" "any" "match"))

(function_call_expression function: [(name) @call (qualified_name (name) @call)])
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression [(name) @call (qualified_name (name) @call)])

(namespace_use_clause [(qualified_name) (name)] @module)
(namespace_use_clause [(qualified_name) (name)] @module alias: (name) @alias)
(include_expression (string) @module)
(require_expression (string) @module)
(require_once_expression (string) @module)
(include_once_expression (string) @module)

[(if_statement) (else_if_clause) (for_statement) (foreach_statement) (while_statement) (do_statement) (case_statement)
 (catch_clause) (conditional_expression) (match_conditional_expression)] @branch
(binary_expression operator: ["&&" "||" "??" "and" "or"]) @branch
