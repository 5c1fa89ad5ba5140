"""One module for each kind of repository: what it needs, read from its files, as a plan of commands. None of them
runs anything."""
