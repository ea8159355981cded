"""Forgetting people, keeping nothing longer than stated, and showing it."""
