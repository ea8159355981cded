"""Segments: rules over people, whether they hold water, and what is handed on about them."""
