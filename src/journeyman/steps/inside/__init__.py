"""What steps send into the sandbox; nothing here is imported by the house."""
