"""Owns how far a task reaches and how risky a change is; refuses to look at what the code does."""
