"""The console: read-only pages over the same queries the command line uses."""
