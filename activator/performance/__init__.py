"""What advertising brought: by segment, and where it needs attention."""
