"""What the package clients of this host are configured to use: registries, mirrors, certificates. No registry is
named in the source: even the defaults are read from the clients themselves."""
