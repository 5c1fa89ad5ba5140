(rule_set (selectors) @name) @section
(keyframes_statement (keyframes_name) @name) @section
((declaration (property_name) @name) @constant (#match? @name "^--"))
(import_statement (string_value) @module)
