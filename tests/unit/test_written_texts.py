"""The texts of a project: its own, and those of the copy library with slots, reviews, channels and reactivation."""

from pathlib import Path

import pytest

from activator.config.project import Project, load_project
from activator.errors import ConfigurationError
from activator.model.plan import TierMotivation
from activator.plan.desired import desired_objects, markers
from activator.plan.texts import shown_on, texts_for_tier, written_texts
from tests.projects import PROJECT, write_project


def texts_of(folder: Path, *entries: str, motivation: str = "") -> list[tuple[str, str]]:
    """(name, channel) of every text of a project with these entries under `copy`."""
    return [
        (text.variant.name, text.channel) for text in written_texts(project_with(folder, *entries, more=motivation))
    ]


def project_with(folder: Path, *entries: str, more: str = "") -> Project:
    text = PROJECT.replace("destinations:\n", "".join(f"  - {entry}\n" for entry in entries) + "destinations:\n", 1)
    return load_project(write_project(folder, text + more))[0]


def line_of(folder: Path, words: str) -> int:
    lines = (folder / "activator.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


class TestLikeTheLibrary:
    def test_a_motivation_brings_all_its_texts_filled_with_the_projects_name(self, tmp_path: Path) -> None:
        found = written_texts(project_with(tmp_path, "like: risk"))
        assert [text.variant.name for text in found] == ["plain_a", "risk_know_first", "risk_steady"]
        assert "Clear terms at Nordlicht" in found[1].variant.headlines
        assert found[1].variant.motivation == "risk"

    def test_a_channel_keeps_them_to_one_platform(self, tmp_path: Path) -> None:
        project = project_with(tmp_path, "like: risk/google")
        found = written_texts(project)
        assert [text.name for text in shown_on(found, "google", lapsed=False)] == [
            "plain_a", "risk_know_first", "risk_steady",
        ]  # fmt: skip
        assert [text.name for text in shown_on(found, "meta", lapsed=False)] == ["plain_a"]

    def test_some_can_be_chosen_and_named(self, tmp_path: Path) -> None:
        assert texts_of(tmp_path, "{like: risk/meta, variants: [risk_steady], name: spring}") == [
            ("plain_a", ""),
            ("spring_risk_steady", "meta"),
        ]

    def test_slots_are_filled(self, tmp_path: Path) -> None:
        entry = (
            "{like: efficiency/meta, variants: [efficiency_saving], slots: {product: printing, saving: 20 %},"
            " reviewed: 'Legal, 2026-11-02'}"
        )
        (_, saving) = written_texts(project_with(tmp_path, entry))
        assert "Cut your printing spend by 20 % and keep the result." in saving.variant.descriptions

    @pytest.mark.parametrize(
        ("entry", "said", "fix"),
        [
            ("like: price", "`price_saving` has an unfilled slot {product}", "slots: {product: ..., saving: ...}"),
            (
                "{like: price, slots: {product: tea, saving: 5 %}}",
                "`price_saving` needs a review: the saving must be true",
                "reviewed: who, when",
            ),
            ("like: fame", "nothing for motivation `fame`", "belonging, convenience"),
            (
                "like: risk/email",
                "a plan publishes on meta and google only",
                "activator profile copy risk --channel email",
            ),
            ("{like: risk, variants: [risk_x]}", "`risk` has no text `risk_x`", "risk_know_first, risk_steady"),
            (
                "{like: risk, variants: [risk_steady], slots: {brand: " + "x" * 40 + "}, reviewed: Ann}",
                "",
                "",
            ),
        ],
    )
    def test_what_keeps_it_from_being_published_is_told_with_its_line(
        self, tmp_path: Path, entry: str, said: str, fix: str
    ) -> None:
        project = project_with(tmp_path, entry)
        if not said:  # a long brand: the lines it does not fit are left out, enough are left
            assert len(written_texts(project)[1].variant.headlines) >= 3
            return
        with pytest.raises(ConfigurationError) as caught:
            written_texts(project)
        assert f"activator.yaml, line {line_of(tmp_path, entry)}: copy: " in caught.value.message
        assert said in caught.value.message
        assert fix in caught.value.next_step

    def test_one_name_on_one_platform_is_one_text(self, tmp_path: Path) -> None:
        assert len(texts_of(tmp_path, "like: risk/meta", "like: risk/google")) == 5
        with pytest.raises(ConfigurationError, match="the name `risk_know_first` stands twice"):
            texts_of(tmp_path, "like: risk/meta", "like: risk")


class TestOnesOwn:
    def test_an_unfilled_slot_blocks_with_its_line(self, tmp_path: Path) -> None:
        entry = "{name: sale, motivation: price, headlines: ['{saving} off'], descriptions: [A line.], message: Hello.}"
        with pytest.raises(
            ConfigurationError, match=r"line \d+: copy: copy variant `sale` has an unfilled slot \{saving\}"
        ):
            texts_of(tmp_path, entry)

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ("{name: a, motivation: risk}", "`headlines` is required, or `like` to use the copy library"),
            ("{like: risk, motivation: risk}", "`motivation` stands beside `like`"),
            (
                "{name: a, motivation: risk, headlines: [A], descriptions: [B], message: C, slots: {brand: x}}",
                "`slots` is for texts of the copy library",
            ),
            ("{like: risk/tv}", "like: may only be written like"),
        ],
    )
    def test_a_text_is_of_one_form(self, tmp_path: Path, entry: str, said: str) -> None:
        with pytest.raises(ConfigurationError, match=r"line \d+") as caught:
            project_with(tmp_path, entry)
        assert said in caught.value.message

    def test_a_library_file_of_ones_own_replaces_the_shipped_one(self, tmp_path: Path) -> None:
        variant = "{name: %s, headlines: [One, Two, Three], descriptions: [One., Two.], message: Hello.}"
        (tmp_path / "ours.yaml").write_text(
            "version: 1\nmotivation: risk\n"
            f"variants: [{variant % 'safe_a'}, {variant % 'safe_b'}]\nreactivation: [{variant % 'safe_back'}]\n"
            "email: [{name: safe_mail, subject: Hello, preheader: There}]\nsms: [{name: safe_sms, text: Hello}]\n",
            encoding="utf-8",
        )
        found = texts_of(tmp_path, "like: risk", motivation="motivation: {copy_sets: [ours.yaml]}\n")
        assert found == [("plain_a", ""), ("safe_a", ""), ("safe_b", "")]

    def test_there_must_be_generic_texts_for_every_platform_and_tier(self, tmp_path: Path) -> None:
        text = PROJECT.replace("motivation: generic", "motivation: risk")
        for entry in ("like: generic/meta", "{like: generic, lapsed: true}"):
            spoiled = text.replace("destinations:\n", f"  - {entry}\ndestinations:\n", 1)
            with pytest.raises(ConfigurationError, match="needs at least one"):
                load_project(write_project(tmp_path, spoiled))


class TestReactivation:
    """A tier most of whose customers have stopped buying is told what those are told, for its motivation."""

    ENTRIES = ("like: risk", "{like: risk, lapsed: true}", "{like: generic, lapsed: true}")

    def shown(self, folder: Path, motive: str, lapsed_share: float) -> list[str]:
        project = project_with(folder, *self.ENTRIES)
        why = TierMotivation("high", "one", (motive,), 100, 0.6, 0.5, lapsed_share=lapsed_share)
        return [text.name for text in texts_for_tier(project, "meta", why, "high", written_texts(project))]

    def test_from_half_on(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "risk", 0.49) == ["risk_know_first", "risk_steady"]
        assert self.shown(tmp_path, "risk", 0.50) == ["risk_back_safely"]

    def test_without_a_text_for_its_motivation_the_generic_one_for_lapsed_is_shown(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "values", 0.8) == ["generic_been_a_while"]
        assert self.shown(tmp_path, "values", 0.1) == ["plain_a"]

    def test_the_plan_holds_them_and_knows_all_by_their_markers(self, tmp_path: Path) -> None:
        project = project_with(tmp_path, *self.ENTRIES)
        why = {"high": TierMotivation("high", "one", ("risk",), 100, 0.6, 0.5, lapsed_share=0.7)}
        wanted = desired_objects(project, "meta", "group", why)
        assert [ad.key for ad in wanted.ads if ad.key.startswith("ad/high")] == ["ad/high/risk_back_safely"]
        assert {"ad/high/risk_steady", "ad/low/risk_back_safely"} <= set(markers(project, "meta").values())

    def test_a_text_that_cannot_be_published_yet_is_still_known_by_its_marker(self, tmp_path: Path) -> None:
        project = project_with(tmp_path, "like: price")
        assert "ad/high/price_saving" in markers(project, "meta").values()


class TestDiscounts:
    """A text that lowers the price does not reach a tier whose customers mostly buy without it."""

    ENTRIES = (
        "like: risk/meta",
        "{like: price, discount: true, slots: {product: tea, saving: 5 %}, reviewed: Ann, variants: [price_saving]}",
        "{name: ten_off, motivation: generic, headlines: [a, b, c], descriptions: [d, e], message: m, discount: true}",
    )

    def shown(
        self, folder: Path, motive: str, quick: int, known: int = 100, more: str = "", tier: str = ""
    ) -> list[str]:
        project = project_with(folder, *self.ENTRIES, more=more)
        if tier:
            file = folder / "activator.yaml"
            text = file.read_text(encoding="utf-8").replace("{name: high,", f"{{name: high, motivation: {tier},")
            project = load_project(write_project(folder, text))[0]
        why = TierMotivation("high", "one", (motive,), 100, 0.6, 0.5, first_visits=known, quick_buyers=quick)
        return [text.name for text in texts_for_tier(project, "meta", why, "high", written_texts(project))]

    def test_from_half_of_those_whose_first_visit_is_known(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "none", 49) == ["plain_a", "ten_off"]
        assert self.shown(tmp_path, "none", 50) == ["plain_a"]

    def test_the_share_is_the_projects(self, tmp_path: Path) -> None:
        more = "motivation: {quick_buyers_share_max: 0.8}\n"
        assert self.shown(tmp_path, "none", 79, more=more) == ["plain_a", "ten_off"]
        assert self.shown(tmp_path, "none", 80, more=more) == ["plain_a"]

    def test_twenty_nine_customers_say_too_little(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "none", 29, known=29) == ["plain_a", "ten_off"]
        assert self.shown(tmp_path, "none", 30, known=30) == ["plain_a"]

    def test_where_only_discounts_speak_to_why_it_buys_it_is_told_what_everybody_is(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "price", 10) == ["price_saving"]
        assert self.shown(tmp_path, "price", 90) == ["plain_a"]
        assert self.shown(tmp_path, "risk", 90, tier="price") == ["plain_a"]

    def test_other_texts_of_the_tier_stay(self, tmp_path: Path) -> None:
        assert self.shown(tmp_path, "risk", 90) == ["risk_know_first", "risk_steady"]

    def test_everybodys_text_may_not_be_a_discount_only(self, tmp_path: Path) -> None:
        text = PROJECT.replace("motivation: generic", "motivation: generic\n    discount: true")
        with pytest.raises(ConfigurationError, match="needs at least one"):
            load_project(write_project(tmp_path, text))
