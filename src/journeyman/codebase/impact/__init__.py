"""What a change touches, and which tests tell whether it is right."""
