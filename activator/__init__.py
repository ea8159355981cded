"""activator: customers treated by what they are worth and why they buy."""

__version__ = "0.1.0"
