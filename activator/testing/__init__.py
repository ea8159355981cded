"""What a connector's own tests can be made from. Needs pytest, which the product itself does not."""
