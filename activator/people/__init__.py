"""The data plane: people are rows in relations from the first step to the membership diff."""
