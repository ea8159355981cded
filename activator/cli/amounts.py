"""Money as people write it."""

from activator.model.currency import minor_digits


def money(minor: int, currency: str) -> str:
    """Minor units of a currency as people write amounts, without its code: JPY has no decimals, KWD three."""
    return _written(minor, minor_digits(currency))


def whole(minor: int, currency: str) -> str:
    """An amount without its decimals: columns of them are compared, not settled."""
    return f"{round(minor / 10 ** minor_digits(currency)):,}"


def hundredths(amount: int) -> str:
    """Bids and budgets of the project file, which are counted in hundredths of a unit whatever the currency."""
    return _written(amount, 2)


def _written(minor: int, digits: int) -> str:
    sign = "-" if minor < 0 else ""
    units, rest = divmod(abs(minor), 10**digits)
    return f"{sign}{units:,}" + (f".{rest:0{digits}d}" if digits else "")
