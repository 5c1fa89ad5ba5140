((element (start_tag (attribute
  (attribute_name) @_id (quoted_attribute_value (attribute_value) @name)))) @section
  (#eq? @_id "id"))
((element (start_tag (tag_name) @_heading) [(text) @name (element (text) @name)]) @section (#match? @_heading "^[hH][1-6]$"))
((element (self_closing_tag (attribute
  (attribute_name) @_id (quoted_attribute_value (attribute_value) @name)))) @section
  (#eq? @_id "id"))
((script_element (start_tag (attribute
  (attribute_name) @_src (quoted_attribute_value (attribute_value) @module))))
  (#eq? @_src "src"))
((element (start_tag (tag_name) @_link (attribute
  (attribute_name) @_href (quoted_attribute_value (attribute_value) @module))))
  (#eq? @_link "link") (#eq? @_href "href"))
