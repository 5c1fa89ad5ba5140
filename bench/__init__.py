"""The figures of Journeyman, each beside a rival in the same run where there is one. Run by `make bench`."""
