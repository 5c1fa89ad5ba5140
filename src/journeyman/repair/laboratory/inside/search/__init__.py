"""The search for edits that make failing tests pass: what may be edited, in which order, and what the tests say."""
