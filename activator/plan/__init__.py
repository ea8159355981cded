"""From people and observation to an ordered list of changes."""
