"""Executing a plan: intent, send, receipt, settlement, resume."""
