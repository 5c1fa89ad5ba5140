(class_definition
  name: (identifier) @name
  superclasses: (argument_list)? @bases
  body: (block . (expression_statement (string) @doc)?)) @class

(function_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @doc)?)) @function

(module (expression_statement (assignment left: (identifier) @name)) @constant)
(module (expression_statement (assignment left: (identifier) @name type: (_))) @constant)

(module . (comment)* . (expression_statement (string) @doc)) @module

(decorated_definition
  (decorator (call
    function: (attribute attribute: (identifier) @_verb)
    arguments: (argument_list . (string) @name)))
  (#match? @_verb "^(route|get|post|put|delete|patch|websocket)$")) @route

(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
(decorator [(identifier) @call (attribute attribute: (identifier) @call)])

(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @alias))
(import_from_statement module_name: (_) @module name: (dotted_name) @imported)
(import_from_statement module_name: (_) @module
  name: (aliased_import name: (dotted_name) @imported alias: (identifier) @alias))
(import_from_statement module_name: (_) @module (wildcard_import) @imported)

[(if_statement) (elif_clause) (for_statement) (while_statement) (except_clause) (boolean_operator)
 (conditional_expression) (for_in_clause) (if_clause) (case_clause) (assert_statement)] @branch
