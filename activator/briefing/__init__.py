"""The daily briefing: build (pure), render, deliver."""
