"""The user's project file and settings: read, checked, explained with line numbers."""
