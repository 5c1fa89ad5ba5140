(create_table (object_reference name: (identifier) @name)) @class
(create_view (object_reference name: (identifier) @name)) @class
(create_materialized_view (object_reference name: (identifier) @name)) @class
(create_function (object_reference name: (identifier) @name)) @function
(create_trigger . (_) . (object_reference name: (identifier) @name)) @function
(create_procedure (object_reference name: (identifier) @name)) @function
(create_sequence (object_reference name: (identifier) @name)) @constant
(create_schema (identifier) @name) @namespace
(create_type (object_reference name: (identifier) @name)) @type
(create_index column: (identifier) @name) @constant
(column_definition name: (identifier) @name) @field

(invocation (object_reference name: (identifier) @call))
(relation (object_reference name: (identifier) @call))
(case) @branch
