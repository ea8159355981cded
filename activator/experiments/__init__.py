"""Tests of motivated copy against the current best: how many customers they take, and what they say."""
