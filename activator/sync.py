"""plan() and apply() joined: the only orchestrator."""
