"""The sample brand and the guided demonstration on it."""
