"""Money as people write it."""


def money(minor: int) -> str:
    """Minor units as people write amounts."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"
