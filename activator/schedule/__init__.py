"""When things run: slots (pure) and the daemon that claims them."""
