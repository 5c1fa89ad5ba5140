"""The program that runs inside the sandbox, on the standard library and the repository's own test runner alone.

It is sent there as a package of another name, so its modules import each other relatively and nothing else of ours.
The repository and its tests are imported once; then the tests are traced, or candidates judged in forked children.
"""
