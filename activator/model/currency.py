"""Minor units of currencies: how many digits of an amount stand behind the decimal point."""

# Currencies whose minor unit is not a hundredth: ISO 4217 list one, amendment 176 (2024-01-01), read 2026-11-24.
_WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS: dict[str, int] = dict.fromkeys(_WITHOUT_CENTS.split(), 0) | dict.fromkeys(_WITH_THOUSANDTHS.split(), 3)
MINOR_DIGITS_DEFAULT = 2


def minor_digits(currency: str) -> int:
    """How many digits of an amount are minor units: 2 for EUR, 0 for JPY, 3 for KWD."""
    return MINOR_DIGITS.get(currency, MINOR_DIGITS_DEFAULT)
