"""The soft layer: verbatims to the dominant motivation of each tier."""
