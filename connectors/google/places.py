"""Ids of countries and languages in Google Ads."""

# A country's geo target constant is 2000 + its ISO 3166-1 numeric code, e.g. DE 276 -> 2276, US 840 -> 2840.
# Source: developers.google.com/google-ads/api/data/geotargets (read 2026-11-22). Countries that Google does not
# target (Cuba, Iran, North Korea, Syria, Sudan) are left out, so that the fault is named before anything is sent.
_NUMERIC = """
AD020 AE784 AF004 AG028 AL008 AM051 AO024 AR032 AT040 AU036 AZ031 BA070 BB052 BD050 BE056 BF854 BG100 BH048 BI108
BJ204 BN096 BO068 BR076 BS044 BT064 BW072 BY112 BZ084 CA124 CD180 CF140 CG178 CH756 CI384 CL152 CM120 CN156 CO170
CR188 CV132 CY196 CZ203 DE276 DJ262 DK208 DM212 DO214 DZ012 EC218 EE233 EG818 ER232 ES724 ET231 FI246 FJ242 FM583
FR250 GA266 GB826 GD308 GE268 GH288 GM270 GN324 GQ226 GR300 GT320 GW624 GY328 HK344 HN340 HR191 HT332 HU348 ID360
IE372 IL376 IN356 IQ368 IS352 IT380 JM388 JO400 JP392 KE404 KG417 KH116 KI296 KM174 KN659 KR410 KW414 KZ398 LA418
LB422 LC662 LI438 LK144 LR430 LS426 LT440 LU442 LV428 LY434 MA504 MC492 MD498 ME499 MG450 MH584 MK807 ML466 MM104
MN496 MO446 MR478 MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516 NE562 NG566 NI558 NL528 NO578 NP524 NR520 NZ554
OM512 PA591 PE604 PG598 PH608 PK586 PL616 PR630 PT620 PW585 PY600 QA634 RO642 RS688 RU643 RW646 SA682 SB090 SC690
SE752 SG702 SI705 SK703 SL694 SM674 SN686 SO706 SR740 ST678 SV222 SZ748 TD148 TG768 TH764 TJ762 TL626 TM795 TN788
TO776 TR792 TT780 TV798 TW158 TZ834 UA804 UG800 US840 UY858 UZ860 VA336 VC670 VE862 VN704 VU548 WS882 YE887 ZA710
ZM894 ZW716
"""
COUNTRIES = {entry[:2]: str(2000 + int(entry[2:])) for entry in _NUMERIC.split()}

# Language constants: developers.google.com/google-ads/api/data/codes-formats#languages (read 2026-11-22).
LANGUAGES = {
    "ar": "1019", "bg": "1020", "ca": "1038", "cs": "1021", "da": "1009", "de": "1001", "el": "1022", "en": "1000",
    "es": "1003", "et": "1043", "fi": "1011", "fr": "1002", "he": "1027", "hi": "1023", "hr": "1039", "hu": "1024",
    "id": "1025", "is": "1026", "it": "1004", "ja": "1005", "ko": "1012", "lt": "1029", "lv": "1028", "nl": "1010",
    "no": "1013", "pl": "1030", "pt": "1014", "ro": "1032", "ru": "1031", "sk": "1033", "sl": "1034", "sr": "1035",
    "sv": "1015", "th": "1044", "tr": "1037", "uk": "1036", "vi": "1040",
}  # fmt: skip

_COUNTRY_NAMES = {number: code for code, number in COUNTRIES.items()}
_LANGUAGE_NAMES = {number: code for code, number in LANGUAGES.items()}


def country_of(constant: str) -> str:
    """`geoTargetConstants/2276` -> `DE`; the id itself where it is no country of ours."""
    number = constant.rsplit("/", 1)[-1]
    return _COUNTRY_NAMES.get(number, number)


def language_of(constant: str) -> str:
    """`languageConstants/1001` -> `de`; the id itself where we have no code for it."""
    number = constant.rsplit("/", 1)[-1]
    return _LANGUAGE_NAMES.get(number, number)
