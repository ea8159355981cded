"""What we did and believe: control store, membership log, migrations."""
