"""The Graph API as the product meets it: same paths, same refusals, same envelopes."""
