"""Entrance: offers the code index and the memory to editors and agents by the Model Context Protocol; refuses to run
commands, to change files, and to look outside of the folders that it was opened for."""
