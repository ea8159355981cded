"""What customers will bring: purchase and spend models, tried on a project's own past before they are relied on."""
