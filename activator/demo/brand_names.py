"""Names and places the sample brand's customers are put together from. Nobody is meant."""

import unicodedata
from dataclasses import dataclass

# Letters that do not decompose into a Latin letter and a mark, and names whose Latin spelling is a convention.
SPELT = {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "ı": "i", "ü": "ue", "ö": "oe", "ä": "ae", "đ": "d"}
LATIN = {"李": "li", "伟": "wei", "Ольга": "olga", "Иванова": "ivanova", "Δήμητρα": "dimitra", "محمد": "mohamed"}


@dataclass(frozen=True, slots=True)
class Country:
    """share: of customers. calling: country code. prefixes: what mobile numbers begin with, digits: how many follow.

    The prefixes are valid mobile ranges (for the US the 555 exchange, which has no subscribers); who has which number
    is made up. places: city, state as written there, and postal code with # for any digit.
    """

    code: str
    names: tuple[str, ...]
    share: float
    calling: str
    trunk: str
    prefixes: tuple[str, ...]
    digits: int
    places: tuple[tuple[str, str, str], ...]


_US_AREAS = (
    201, 205, 212, 213, 215, 216, 303, 305, 312, 313, 314, 317, 323, 330, 334, 347, 352, 360, 385, 401,
    402, 404, 405, 406, 407, 410, 412, 414, 415, 419, 425, 503, 505, 509, 512, 515, 518, 520, 541, 570,
    585, 602, 603, 605, 606, 612, 614, 615, 617, 619,
)  # fmt: skip

COUNTRIES = (
    Country("DE", ("Germany", "Deutschland", "DE"), 0.50, "49", "0", ("1516",), 7,
            (("Berlin", "Berlin", "10###"), ("München", "Bayern", "80###"), ("Köln", "Nordrhein-Westfalen", "50###"),
             ("Leipzig", "Sachsen", "04###"), ("Freiburg im Breisgau", "Baden-Württemberg", "79###"))),
    Country("AT", ("Austria", "Österreich", "AT"), 0.11, "43", "0", ("664",), 7,
            (("Wien", "Wien", "10##"), ("Innsbruck", "Tirol", "60##"), ("Graz", "Steiermark", "80##"))),
    Country("CH", ("Switzerland", "Schweiz", "CH"), 0.08, "41", "0", ("78",), 7,
            (("Zürich", "ZH", "80##"), ("Genève", "GE", "12##"), ("Bern", "BE", "30##"))),
    Country("FR", ("France", "FR"), 0.08, "33", "0", ("65",), 7,
            (("Lyon", "Auvergne-Rhône-Alpes", "690##"), ("Nîmes", "Occitanie", "300##"), ("Paris", "", "750##"))),
    Country("GB", ("United Kingdom", "UK", "GB"), 0.08, "44", "0", ("740", "741", "742", "748"), 7,
            (("Leeds", "", "LS# #AB"), ("Bristol", "", "BS# #TN"), ("Edinburgh", "", "EH# #QE"))),
    Country("NL", ("Netherlands", "Nederland", "NL"), 0.06, "31", "0", ("65",), 7,
            (("Utrecht", "", "35## AB"), ("Amsterdam", "", "10## CX"), ("Groningen", "", "97## LK"))),
    Country("SE", ("Sweden", "Sverige", "SE"), 0.05, "46", "0", ("70",), 7,
            (("Göteborg", "", "41# ##"), ("Malmö", "", "21# ##"), ("Umeå", "", "90# ##"))),
    Country("US", ("United States", "USA", "US"), 0.04, "1", "", tuple(f"{area}555" for area in _US_AREAS), 4,
            (("Boulder", "Colorado", "803##"), ("Portland", "OR", "972##"), ("Burlington", "Vermont", "054##"))),
)  # fmt: skip

FIRST_NAMES = (
    "Lena", "Jonas", "Mia", "Paul", "Zoë", "José", "Łukasz", "Aylin", "Søren", "Ольга", "伟", "Anna-Lena", "François",
    "Élodie", "Jürgen", "Åsa", "Maja", "Tobias", "Inés", "Noah", "Emma", "Finn", "Clara", "Björn", "Chloé", "Willem",
    "Sanne", "Grace", "Oliver", "Marta", "Emre", "Nadia", "Katja", "Luca", "Siân", "Dorothea", "Mateusz", "Hannah",
    "Yusuf", "Freja", "Rosalie", "Ben", "Ida", "Theo", "Greta", "Henrik", "Valentina", "Oskar", "Amélie", "Jack",
)  # fmt: skip

LAST_NAMES = (
    "Müller", "Ünal", "Nowak", "Núñez", "Kowalska", "李", "Иванова", "Sørensen", "van der Berg", "O'Connor", "Schäfer",
    "Lefèvre", "Groß", "Jansen", "Lindqvist", "Bauer", "Yılmaz", "Huber", "Meier", "Dubois", "Taylor", "de Vries",
    "Öztürk", "Weiß", "García", "Fischer", "Wagner", "Smith-Jones", "Berger", "Kaya", "Petersen", "Moreau", "Evans",
    "Bakker", "Ekström", "Steiner", "Brunner", "Walker", "Lehmann", "Żak", "Hofmann", "Rossi", "Çelik", "Andersson",
    "Winkler", "Fournier", "Clarke", "Visser", "Keller", "Hansen", "König", "Arnaud", "Hughes", "Mulder", "Nyström",
)  # fmt: skip


def slug(name: str) -> str:
    """A name as it stands in e-mail addresses: Latin letters only."""
    if name in LATIN:
        return LATIN[name]
    spelt = "".join(SPELT.get(letter, letter) for letter in name.lower())
    return "".join(letter for letter in unicodedata.normalize("NFKD", spelt) if "a" <= letter <= "z")
