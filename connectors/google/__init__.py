"""The Google destination: Customer Match through the Data Manager API, Search campaigns through the Google Ads API."""

import os

# gRPC's C core writes to stderr past Python's logging, e.g. when a connection ends, and reads this when it is loaded.
# What matters of it is raised as an error anyway; whoever wants the chatter sets the variable.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
