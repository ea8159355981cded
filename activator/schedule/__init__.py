"""When things run: slots (pure), the slot store it needs, and the daemon that claims and runs them."""
