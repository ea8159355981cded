"""activator: customers treated by what they are worth and why they buy."""

import os

# Models here have four parameters: threads of the linear algebra below numpy only wait for each other (five times the
# CPU, measured), and make sums depend on the machine. Must be set before numpy is imported; what the user sets stays.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
