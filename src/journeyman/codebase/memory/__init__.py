"""What is remembered of a project: learnt from its history, its code and its runs, and recalled by words."""
