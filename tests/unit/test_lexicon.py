"""What the shipped lexicon hears in a comment, and where it stays silent. All sentences are our own."""

from pathlib import Path

import pytest

from activator.errors import ConfigurationError
from activator.motivation.lexicon import MOTIVES, Lexicon, load_lexicon, shipped_lexicon
from activator.motivation.reading import read_comment


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return shipped_lexicon()


SPOKEN = [
    ("status", "I got compliments from two strangers the first time I wore it."),
    ("status", "It turns heads at every dinner and looks expensive."),
    ("status", "Our clients notice the difference, it makes us look professional."),
    ("efficiency", "It saves me a lot of time every single morning."),
    ("efficiency", "We cut our reporting costs and the whole workflow got shorter."),
    ("efficiency", "Too many steps, I am wasting hours on each order."),
    ("risk", "Two years without an outage, I trust them with our data."),
    ("risk", "The downtime last month cost us payroll."),
    ("risk", "Money back guarantee, no questions asked, that is why I came."),
    ("price", "You cannot beat the value for money here."),
    ("price", "Lovely but much too expensive since they raised the price."),
    ("price", "I only order when there is a discount code."),
    ("convenience", "Ordering takes a few clicks and it is at my door the next day."),
    ("convenience", "The website is really confusing on my phone."),
    ("convenience", "Easy returns, no hassle at all."),
    ("values", "Finally a shop with less plastic and fair wages."),
    ("values", "I would come back if the packaging was not so much plastic."),
    ("belonging", "They know my name and I feel part of the family."),
    ("belonging", "After ten years I was just a number to them."),
    ("enjoyment", "Opening the parcel makes me smile every time."),
    ("enjoyment", "Honestly the evenings with it are so much fun."),
    ("novelty", "There is always something new to discover."),
    ("novelty", "It was the same old range again this spring."),
    ("quality", "Beautifully made, still like new after three winters."),
    ("quality", "The stitching came apart after one wash."),
    ("quality", "Great quality"),
    ("price", "Hochwertig ist anders, aber das Preis-Leistungs-Verhältnis und der Rabatt stimmen."),
    ("quality", "Sehr gut verarbeitet und langlebig, ich bin begeistert von der Qualität."),
    ("risk", "Auf die kann ich mich verlassen, sehr zuverlässig und seriös."),
    ("values", "Endlich nachhaltig und ohne Plastik verpackt."),
]


@pytest.mark.parametrize(("motive", "comment"), SPOKEN, ids=[comment[:40] for _, comment in SPOKEN])
def test_a_comment_speaks_of_its_motive(lexicon: Lexicon, motive: str, comment: str) -> None:
    assert read_comment(comment, "", lexicon).motive == motive


SILENT = [
    "I am very happy, thank you.",
    "It was okay.",
    "10/10",
    "👍👍",
    "",
    "Ordered it in blue for the summer.",
    "Ich habe das am Montag bestellt.",
]


@pytest.mark.parametrize("comment", SILENT)
def test_a_comment_without_a_motive_is_left_alone(lexicon: Lexicon, comment: str) -> None:
    assert read_comment(comment, "", lexicon).motive is None


FOREIGN = [
    "Super god service og hurtig levering til en fin pris",
    "Træner her hver dag, og det er altid rent og pænt",
    "Mycket bra service och jag är nöjd med min abonnemang",
    "Heel goede service, het is een fijne community en niet duur",
    "El servicio es muy bueno y el personal es excelente",
    "Très bonne qualité et une livraison rapide",
    "Ottimo servizio, il personale è molto gentile e la qualità non si discute",
    "品質がとても良いです",
]


@pytest.mark.parametrize("comment", FOREIGN)
def test_other_languages_are_left_alone(lexicon: Lexicon, comment: str) -> None:
    assert read_comment(comment, "", lexicon).motive is None


def test_a_declared_language_is_believed(lexicon: Lexicon) -> None:
    assert read_comment("Top quality", "da", lexicon).motive is None
    assert read_comment("Robust", "de-AT", lexicon).motive == "quality"
    assert read_comment("Robust", "en", lexicon).motive == "quality"


class TestNegation:
    @pytest.mark.parametrize(
        ("comment", "motive"),
        [
            ("I don't care about the discount, it simply lasts longer.", "quality"),
            ("The price doesn't matter to me, I want it well made.", "quality"),
            ("Not because of the price, because of the service.", None),
            ("It is not luxurious.", None),
            ("Not the cheapest, I know.", "price"),
        ],
    )
    def test_what_is_denied_is_not_the_motive(self, lexicon: Lexicon, comment: str, motive: str | None) -> None:
        assert read_comment(comment, "", lexicon).motive == motive

    @pytest.mark.parametrize(
        ("comment", "motive"),
        [
            ("It is not reliable at all.", "risk"),
            ("Ordering is not convenient for me.", "convenience"),
            ("This is not good value.", "price"),
            ("They don't care about their customers.", "belonging"),
        ],
    )
    def test_a_complaint_counts_for_the_motive_that_is_missed(
        self, lexicon: Lexicon, comment: str, motive: str
    ) -> None:
        assert read_comment(comment, "", lexicon).motive == motive

    def test_a_negation_ends_with_the_thought(self, lexicon: Lexicon) -> None:
        assert read_comment("Not for everyone. Luxurious and elegant, this is.", "", lexicon).motive == "status"
        assert read_comment("It is not big but luxurious and elegant.", "", lexicon).motive == "status"


def test_a_longer_cue_wins_over_the_words_inside_it(lexicon: Lexicon) -> None:
    assert read_comment("It looks cheap.", "", lexicon).motive == "quality"
    assert read_comment("It is cheaper than the others.", "", lexicon).motive == "price"


def test_of_two_that_weigh_the_same_the_first_named_counts_with_little_confidence(lexicon: Lexicon) -> None:
    reading = read_comment("It is reliable and sustainable.", "", lexicon)
    assert (reading.motive, reading.second) == ("risk", "values")
    assert read_comment("It is sustainable and reliable.", "", lexicon).motive == "values"
    assert reading.confidence < read_comment("It is reliable.", "", lexicon).confidence


def test_of_two_that_weigh_the_same_the_one_with_the_heavier_cue_counts(lexicon: Lexicon) -> None:
    assert read_comment("Stylish, fancy and chic, but unreliable.", "en", lexicon).motive == "risk"


class TestTopics:
    """Clothes are read with cues of their own: what is said of size and cut speaks of no motive."""

    def test_the_same_words_mean_something_else_of_clothes(self, lexicon: Lexicon) -> None:
        assert read_comment("The handle is loose and it leaks.", "en", lexicon).motive == "quality"
        assert read_comment("The sleeves are loose and the dress is tight at the waist.", "en", lexicon).motive is None

    def test_a_few_words_must_say_so(self, lexicon: Lexicon) -> None:
        assert read_comment("It was too small, going back.", "en", lexicon).motive is None
        assert read_comment("Fast support, the jacket company knows us.", "en", lexicon).motive == "belonging"

    def test_size_can_outweigh_a_motive(self, lexicon: Lexicon) -> None:
        comment = "This dress is soft, but the waist was too tight and it went back."
        assert read_comment(comment, "en", lexicon).motive is None

    def test_an_overlay_without_a_topic_changes_every_topic(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.yaml"
        path.write_text("version: 1\nlanguage: en\nextends: true\nwithout: [well made]\n", encoding="utf-8")
        ours = load_lexicon([path], shipped_lexicon())
        assert read_comment("It is well made.", "en", ours).motive is None
        assert read_comment("This dress is well made and true to size.", "en", ours).motive is None

    def test_a_topic_of_ones_own(self, tmp_path: Path) -> None:
        path = tmp_path / "pumps.yaml"
        path.write_text(
            "version: 1\nlanguage: en\ntopic: pumps\ntopic_words: [pump, flow]\ntopic_words_min: 1\n"
            "motives:\n  efficiency:\n    strong: [head]\n",
            encoding="utf-8",
        )
        ours = load_lexicon([path], shipped_lexicon())
        assert read_comment("This pump has a great head", "en", ours).motive == "efficiency"
        assert read_comment("A great head", "en", ours).motive is None

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (
                "language: sv\ntopic: pumps\ntopic_words: [pump]\nmotives: {}\n",
                "line 3: topic: needs a lexicon of `sv`",
            ),
            ("language: en\ntopic: pumps\nmotives:\n  price:\n    strong: [pump]\n", "line 3: topic: needs"),
            ("language: en\ntopic: pumps\ntopic_words: [a, b, c]\n", "motives: has no cues"),
            ("language: en\ntopic: Pumps\n", "line 3: topic"),
            ("language: en\ntopic: pumps\nextends: true\n", "extends: there is no lexicon of `en/pumps` to extend"),
        ],
    )
    def test_a_topic_that_cannot_be_used_says_why(self, tmp_path: Path, body: str, said: str) -> None:
        path = tmp_path / "topic.yaml"
        path.write_text(f"version: 1\n{body}", encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load_lexicon([path], shipped_lexicon())
        assert said in str(caught.value)


def test_saying_it_twice_does_not_make_it_heavier(lexicon: Lexicon) -> None:
    once = read_comment("It is reliable.", "", lexicon)
    twice = read_comment("It is reliable, really reliable, so reliable.", "", lexicon)
    assert once == twice


def test_confidence_falls_with_what_speaks_against(lexicon: Lexicon) -> None:
    clear = read_comment("Reliable, with a guarantee.", "en", lexicon)
    mixed = read_comment("Reliable, with a guarantee and a nice price.", "en", lexicon)
    assert (clear.motive, mixed.motive) == ("risk", "risk")
    assert 1 > clear.confidence > mixed.confidence > 0


def test_both_shipped_languages_have_every_motive(lexicon: Lexicon) -> None:
    assert sorted(lexicon.packs) == ["de", "en"]
    for pack in lexicon.packs.values():
        cues = [cue for found in (*pack.cues.exact.values(), *pack.cues.prefixes.values()) for cue in found]
        assert {cue.motive for cue in cues} - {None} == set(MOTIVES)


class TestAFileOfOnesOwn:
    WORDS = ", ".join(f"word{letter}" for letter in "abcdefghijklmnopqrst")

    def write(self, folder: Path, body: str) -> Path:
        path = folder / "mine.yaml"
        path.write_text(f"version: 1\nlanguage: en\nfunction_words: [{self.WORDS}]\n{body}", encoding="utf-8")
        return path

    def test_replaces_the_shipped_one(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, "motives:\n  status:\n    strong: [crown ~ jewel*]\n")
        mine = load_lexicon([path])
        assert read_comment("the crown and its jewellery", "en", mine).motive == "status"
        assert read_comment("the crown of all that most marvellous jewellery", "en", mine).motive is None

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("motives:\n  status:\n    strong: [Crown]\n", "line 6: motives.status.strong.0"),
            ("motives:\n  status:\n    strong: [no]\n", "line 6: motives.status.strong.0"),
            ("motives:\n  fame:\n    strong: [crown]\n", "line 5: motives.fame"),
            ("motives:\n  status:\n    loud: [crown]\n", "line 6: motives.status.loud: unknown key"),
            (
                "motives:\n  status:\n    strong: [crown]\n  risk:\n    weak: [crown]\n",
                "line 8: motives.risk.weak: `crown` already stands under status",
            ),
        ],
    )
    def test_a_mistake_is_named_with_its_line(self, tmp_path: Path, body: str, said: str) -> None:
        with pytest.raises(ConfigurationError, match=r"mine\.yaml, line \d+") as caught:
            load_lexicon([self.write(tmp_path, body)])
        assert said in caught.value.message


class TestOverlay:
    """A file that changes the shipped lexicon instead of replacing it."""

    def overlaid(self, tmp_path: Path, body: str) -> Lexicon:
        path = tmp_path / "ours.yaml"
        path.write_text("version: 1\nlanguage: en\nextends: true\n" + body, encoding="utf-8")
        return load_lexicon([path], shipped_lexicon())

    def test_a_phrase_moves_to_where_it_is_named(self, tmp_path: Path) -> None:
        comment = "So soft and comfortable"
        assert read_comment(comment, "en", shipped_lexicon()).motive == "enjoyment"
        body = "motives:\n  quality:\n    strong: [soft and, comfortable]\n"
        assert read_comment(comment, "en", self.overlaid(tmp_path, body)).motive == "quality"

    def test_a_phrase_can_be_taken_out(self, tmp_path: Path) -> None:
        body = "without: [get compliment*, compliment*]\nmotives:\n  status: {}\n"
        assert read_comment("I get compliments", "en", self.overlaid(tmp_path, body)).motive is None

    def test_everything_else_stays(self, tmp_path: Path) -> None:
        lexicon = self.overlaid(tmp_path, "motives:\n  values:\n    strong: [circular knitting]\n")
        assert read_comment("I like that it is circular knitting", "en", lexicon).motive == "values"
        assert read_comment("It fell apart after one wash", "en", lexicon).motive == "quality"

    def test_there_must_be_something_to_extend(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.yaml"
        path.write_text("version: 1\nlanguage: sv\nextends: true\nmotives:\n  price: {}\n", encoding="utf-8")
        with pytest.raises(ConfigurationError, match="line 3: extends: there is no lexicon of `sv` to extend"):
            load_lexicon([path], shipped_lexicon())


def test_a_reading_names_the_phrases_that_decided_and_the_second_motive(lexicon: Lexicon) -> None:
    reading = read_comment("Well made and it held up after many washes, and a bargain", "en", lexicon)
    assert (reading.motive, reading.second) == ("quality", "price")
    assert set(reading.phrases) == {"well made", "held up", "after ~ washes"}
