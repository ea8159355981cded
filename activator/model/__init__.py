"""Frozen types shared by every floor. Nothing here does input or output."""
