"""What the briefing says, in which order, and what it leaves out."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from activator.briefing.build import FLAGS_MAX, build_briefing
from activator.briefing.inert import visible
from activator.briefing.words import about, amount, count, label, moment, percent, ratio, tier_label
from activator.model.briefing import Mood
from activator.model.erasure import Erasure, Place, PlaceState
from activator.model.people import Outcome, SourceCount
from activator.model.performance import FlagEpisode, FlagState, Yardstick
from activator.model.plan import AudienceState, GuardFinding, Movement
from tests.unit.ad_accounts import UNIT, ad_day
from tests.unit.mornings import AUDIENCES, EMPTY, FLAG, NOW, TODAY, WATCHED, ordinary


def test_a_flag_reads_as_the_design_words_it() -> None:
    (card,) = build_briefing(ordinary()).flags
    assert card.sentence == (
        "High tier × 'Efficiency B' (Meta): ROAS 3.6 against 6.0 in the same tier (-40 %, likely -25 to -52 %), last "
        "14 days, 41 conversions where 66 were expected, about EUR 6,000 revenue missing (EUR 2,520 spent). The "
        "campaign average (3.0) hides it. Started around 3 Nov. Suggested: pause 'Efficiency B', shift its EUR 180/day "
        "to 'Efficiency A' (ROAS 8.4)."
    )
    assert card.age == "new"


def test_no_flag_ever_says_significant() -> None:
    assert "significan" not in build_briefing(ordinary()).flags[0].sentence.lower()


def test_a_variant_below_the_campaign_is_not_said_to_be_hidden_by_it() -> None:
    worse = replace(FLAG, campaign_value_micros=FLAG.campaign_spend_micros * 4)
    assert "hides it" not in build_briefing(replace(ordinary(), flags=[worse])).flags[0].text


def test_small_numbers_are_said_to_be_so_far() -> None:
    few = replace(FLAG, likely_low_bp=6500, likely_high_bp=9000)
    assert "(-40 % so far, likely -10 to -35 %)" in build_briefing(replace(ordinary(), flags=[few])).flags[0].text


def test_an_older_flag_says_its_day() -> None:
    old = replace(FLAG, state=FlagState.ONGOING, episode=replace(FLAG.episode, opened_on=TODAY - timedelta(days=4)))
    assert build_briefing(replace(ordinary(), flags=[old])).flags[0].age == "day 5"


@pytest.mark.parametrize(
    ("state", "words"), [(FlagState.RECOVERED, "likely back to normal"), (FlagState.STOPPED, "no longer spends")]
)
def test_a_flag_that_ended_today_is_told_once_and_asks_for_nothing(state: FlagState, words: str) -> None:
    episode = FlagEpisode("meta", "high", "efficiency_b", date(2026, 11, 1), date(2026, 11, 2), TODAY)
    briefing = build_briefing(replace(ordinary(), flags=[replace(FLAG, state=state, episode=episode)], watched=[]))
    (card,) = briefing.closed
    assert briefing.flags == ()
    assert words in card.text
    assert "Flagged on 2 Nov, closed today after 10 days." in card.text
    assert card.suggestion == ""
    assert briefing.mood is Mood.FINE


def test_a_single_text_is_compared_with_its_own_earlier_days() -> None:
    own = replace(FLAG, yardstick=Yardstick.OWN_BASELINE, shift_to=None)
    (card,) = build_briefing(replace(ordinary(), flags=[own])).flags
    assert "expected from its own earlier days" in card.text
    assert card.suggestion == (
        "Suggested: look at this text and its landing page; the account's other tiers hold up while EUR 180/day is "
        "spent here."
    )


class TestHeadline:
    def test_with_flags_it_counts_them_and_says_what_to_do(self) -> None:
        briefing = build_briefing(ordinary())
        assert briefing.mood is Mood.ACT
        assert briefing.headline == "1 flag, 1 watched"
        assert briefing.decision == (
            "Pause 'Efficiency B' in High tier on Meta; every other budget can run as planned."
        )

    def test_without_flags_budgets_can_run(self) -> None:
        briefing = build_briefing(replace(ordinary(), flags=[]))
        assert (briefing.mood, briefing.headline) == (Mood.WATCH, "No flags, 1 watched: budgets can run as planned")
        calm = build_briefing(replace(ordinary(), flags=[], watched=[]))
        assert (calm.mood, calm.headline) == (Mood.FINE, "No flags: budgets can run as planned")

    def test_a_problem_comes_before_any_flag(self) -> None:
        briefing = build_briefing(replace(ordinary(), problems=["Meta's token has expired.", "Google is late."]))
        assert briefing.mood is Mood.BROKEN
        assert briefing.headline == "2 problems to look at first; 1 flag, 1 watched"
        assert briefing.decision == "Meta's token has expired."
        assert briefing.further_problems == ("Google is late.",)

    def test_a_guard_that_objects_is_a_problem_and_an_accepted_one_is_not(self) -> None:
        finding = GuardFinding("removal_share", "audience/high", "41 % of the members would go.", "Check the export.")
        refused = build_briefing(replace(ordinary(), guards=[finding]))
        assert refused.mood is Mood.BROKEN
        assert refused.decision == "Removal share: 41 % of the members would go. Check the export."
        accepted = build_briefing(replace(ordinary(), guards=[replace(finding, accepted="list cleaned")]))
        assert accepted.mood is Mood.ACT
        assert accepted.guards == ("Removal share: 41 % of the members would go. (accepted: list cleaned)",)


def test_nothing_yet_is_three_lines() -> None:
    briefing = build_briefing(EMPTY)
    assert (briefing.mood, briefing.headline) == (Mood.QUIET, "No performance yet")
    assert briefing.decision == "Nothing to decide: figures appear the day after the first ads have run."
    everything_else = (briefing.flags, briefing.tiers, briefing.facts, briefing.audiences, briefing.definitions)
    assert not any((*everything_else, briefing.sync, briefing.movements, briefing.problems, briefing.watched))


def test_a_first_sync_without_performance_is_told() -> None:
    briefing = build_briefing(replace(EMPTY, audiences=AUDIENCES, last_sync_at=NOW))
    assert briefing.sync == "Last sync today 06:30. 3 audiences, 83 added, 31 removed, 3 held back."
    assert [fact.label for fact in briefing.facts] == ["Performance", "Sync"]


def test_at_most_five_flags_worst_first_and_own_currency_before_others() -> None:
    losses = [3000, 9000, 1000, 7000, 5000, 4000]
    flags = [replace(FLAG, reference_value_micros=FLAG.value_micros + loss * UNIT) for loss in losses]
    foreign = replace(FLAG, currency="USD", reference_value_micros=FLAG.value_micros + 10**6 * UNIT)
    briefing = build_briefing(replace(ordinary(), flags=[foreign, *flags]))
    told = [card.text.split("about EUR ")[1].split(" ")[0] for card in briefing.flags]
    assert told == ["9,000", "7,000", "5,000", "4,000", "3,000"]
    assert (len(briefing.flags), briefing.flags_left_out) == (FLAGS_MAX, 2)
    assert briefing.decision.endswith("; decide on 6 more below; every other budget can run as planned.")


def test_watched_cells_say_what_they_lack_or_when_they_may_come_back() -> None:
    later = replace(WATCHED, reopens_on=date(2026, 11, 20))
    one = replace(WATCHED, needs_conversions=1)
    start = "Mid tier × 'Status A' (Google): ROAS 1.4 so far against 2.3 in the same tier; "
    assert build_briefing(replace(ordinary(), watched=[WATCHED, one, later])).watched == (
        f"{start}needs about 38 more conversions to tell",
        f"{start}needs about 1 more conversion to tell",
        f"{start}a flag closed recently, may open again from 20 Nov",
    )


class TestTables:
    def test_tiers_stand_in_the_projects_order_with_the_campaign_below(self) -> None:
        google, meta = build_briefing(ordinary()).tiers
        assert (google.destination, meta.destination) == ("Google", "Meta")
        assert [row.name for row in meta.rows] == ["High tier", "Mid tier", "Low tier"]
        high = meta.rows[0]
        assert (high.spend, high.revenue, high.roas, high.baseline) == ("10,080", "60,480", "6.0", "6.0")
        assert (meta.total.name, meta.total.roas) == ("Campaign", "3.8")

    def test_without_an_order_the_best_return_comes_first(self) -> None:
        _, meta = build_briefing(replace(ordinary(), tier_order=())).tiers
        assert [row.roas for row in meta.rows] == ["6.0", "2.9", "1.0"]

    def test_texts_stand_within_their_tier_and_the_flagged_one_is_marked(self) -> None:
        _, meta = build_briefing(ordinary()).variants
        assert [(row.name, row.flagged) for row in meta.rows] == [
            ("High tier × Efficiency A", False),
            ("High tier × Efficiency B", True),
            ("Mid tier × Status A", False),
            ("Low tier × Generic", False),
        ]

    def test_a_short_past_is_no_baseline(self) -> None:
        young = [row for row in ordinary().ad_days if row.day > date(2026, 11, 11) - timedelta(days=41)]
        (_, meta) = build_briefing(replace(ordinary(), ad_days=young)).tiers
        assert {row.baseline for row in meta.rows} == {"-"}
        assert meta.rows[0].trend is not None
        assert meta.rows[0].trend.low is None

    def test_a_trend_has_one_point_a_day_and_none_where_nothing_was_spent(self) -> None:
        days = [ad_day(date(2026, 11, 11) - timedelta(days=age), spend=10, value=30) for age in range(10)]
        (table,) = build_briefing(replace(EMPTY, ad_days=days)).tiers
        trend = table.rows[0].trend
        assert trend is not None
        assert trend.points == (None,) * 18 + (3.0,) * 10

    def test_days_outside_the_period_are_not_added_up(self) -> None:
        as_of = date(2026, 11, 11)
        days = [ad_day(as_of - timedelta(days=age), spend=10, value=30) for age in (0, 6, 7)]
        days.append(ad_day(as_of + timedelta(days=1), spend=10, value=30))
        (table,) = build_briefing(replace(EMPTY, ad_days=days, lookback_days=7)).tiers
        assert table.rows[0].spend == "20"

    def test_the_period_is_named_and_its_last_three_days_are_called_incomplete(self) -> None:
        assert build_briefing(ordinary()).period == (
            "15 Oct to 11 Nov (28 days); conversions since 9 Nov are not complete yet"
        )


class TestFacts:
    def test_complete_sources_are_fine(self) -> None:
        facts = build_briefing(ordinary()).facts
        assert all(fact.good for fact in facts)
        assert [(fact.label, fact.text) for fact in facts] == [
            ("Google", "performance through 11 Nov"),
            ("Meta", "performance through 11 Nov"),
            (
                "Hubspot contacts",
                "3,411 rows: 2,950 people used, 120 joined to people already counted, 341 without consent",
            ),
            ("Shopify orders", "8,123 rows: 8,123 people used"),
            ("Sync", "last today 02:31"),
        ]

    def test_late_and_holed_performance_asks_for_a_look(self) -> None:
        rows = [row for row in ordinary().ad_days if row.destination != "meta" or row.day < date(2026, 11, 10)]
        rows = [row for row in rows if row.destination != "google" or row.day != date(2026, 11, 1)]
        google, meta, *_ = build_briefing(replace(ordinary(), ad_days=rows)).facts
        assert (google.text, google.good) == ("performance through 11 Nov, 1 day without a report", False)
        assert (meta.text, meta.good) == ("performance ends 9 Nov, 2 days missing", False)

    def test_an_old_sync_asks_for_a_look(self) -> None:
        old = build_briefing(replace(ordinary(), last_sync_at=NOW - timedelta(hours=37))).facts[-1]
        assert (old.text, old.good) == ("last 10 Nov 17:30", False)

    def test_an_export_without_rows_asks_for_a_look(self) -> None:
        sources = [SourceCount("nps", Outcome.MEMBER, "", 0)]
        fact = build_briefing(replace(ordinary(), sources=sources)).facts[2]
        assert (fact.text, fact.good) == ("empty", False)

    def test_rows_left_out_on_purpose_are_no_fault_and_faulty_ones_say_what_is_wrong(self) -> None:
        def told(*counts: tuple[Outcome, str, int]) -> tuple[str, bool]:
            sources = [SourceCount("orders", outcome, reason, rows) for outcome, reason, rows in counts]
            fact = build_briefing(replace(ordinary(), sources=sources)).facts[2]
            return fact.text, fact.good

        left_out = (Outcome.INVALID, "ignored: cancelled order", 60)
        assert told((Outcome.MERGED, "", 40), left_out) == (
            "100 rows: 40 joined to people already counted, 60 left out on purpose",
            True,
        )
        faulty = ((Outcome.INVALID, "ordered_at: not a date", 4), (Outcome.INVALID, "amount: not a number", 2))
        assert told((Outcome.MEMBER, "", 94), *faulty) == (
            "100 rows: 94 people used, 6 invalid (ordered_at: not a date)",
            False,
        )

    def test_conversions_that_stop_altogether_are_a_broken_pixel_and_not_a_flag(self) -> None:
        silent = [
            replace(row, conversions_milli=0, value_micros=0)
            if row.destination == "meta" and row.day >= date(2026, 11, 10)
            else row
            for row in ordinary().ad_days
        ]
        briefing = build_briefing(replace(ordinary(), ad_days=silent))
        assert briefing.mood is Mood.BROKEN
        assert briefing.decision == (
            "Meta reports no conversion since 10 Nov, where about 66 were expected: check that tracking still works "
            "before judging any ad."
        )

    def test_few_expected_conversions_may_well_be_none(self) -> None:
        rare = [replace(row, conversions_milli=row.conversions_milli // 20) for row in ordinary().ad_days]
        silent = [replace(row, conversions_milli=0) if row.day >= date(2026, 11, 10) else row for row in rare]
        assert build_briefing(replace(ordinary(), ad_days=silent)).problems == ()


def test_audiences_say_what_moved_and_what_waits() -> None:
    briefing = build_briefing(ordinary())
    line = briefing.audiences[1]
    assert (line.name, line.members, line.added, line.removed, line.held_back) == (
        "Low tier (Meta)",
        "3,098",
        "2",
        "4",
        "3",
    )
    still = [AudienceState("meta", "audience/high", "high", 5, 5, 0, 0, 0)]
    quiet = build_briefing(replace(ordinary(), audiences=still))
    assert quiet.sync == "Last sync today 02:31. 1 audience, no change, 0 held back."


def test_movements_largest_first_and_those_alike_on_two_destinations_once() -> None:
    def told(*movements: Movement) -> tuple[str, ...]:
        return build_briefing(replace(ordinary(), movements=movements)).movements

    assert told(
        Movement("meta", "high", "", "no consent", 1),
        Movement("google", "", "high", "joined", 22),
        Movement("meta", "", "high", "joined", 22),
        Movement("meta", "mid", "high", "value changed", 30),
        Movement("meta", "low", "low", "identifiers changed", 2),
        Movement("meta", "high", "mid", "", 0),
    ) == (
        "30 people moved from Mid tier to High tier (Meta): value changed",
        "22 people joined High tier (Google, Meta)",
        "2 people stayed in Low tier (Meta): identifiers changed",
        "1 person left High tier (Meta): no consent",
    )
    many = told(*(Movement("meta", "high", "mid", "", number) for number in range(1, 12)))
    assert (len(many), many[-1]) == (9, "3 smaller movements")
    assert len(told(*(Movement("meta", "high", "mid", "", number) for number in range(1, 9)))) == 8


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(AssertionError):
        replace(EMPTY, generated_at=datetime(2026, 11, 12, 6, 30))  # noqa: DTZ001


def test_foreign_text_is_made_visible() -> None:
    assert visible("a\x1b[31mb\nc\x9bd") == "a\\x1b[31mb\\x0ac\\x9bd"
    assert visible("abc\u202edcb\u2066x\u200f") == "abcdcbx"
    assert visible("a\u200bb\u2028c\ud800d\U000e0041e") == "a\\u200bb\\u2028c\\ud800d\\U000e0041e"
    assert visible("Zoë 👩\u200d🚀 Łódź") == "Zoë 👩\u200d🚀 Łódź"
    assert visible("x" * 500) == "x" * 299 + "…"


def test_numbers_are_written_for_people() -> None:
    assert [amount(micros) for micros in (0, 1_234_567_890_000, 5_304_999, -9_990_000, 45_600_000)] == [
        "0",
        "1,234,568",
        "5.30",
        "-9.99",
        "46",
    ]
    assert [about(micros * UNIT, "EUR") for micros in (6048, 5, 99_500, 149)] == [
        "EUR 6,000",
        "EUR 5",
        "EUR 100,000",
        "EUR 150",
    ]
    assert [ratio(value) for value in (3.649, 0.449, 123.4, None)] == ["3.6", "0.45", "123", "-"]
    assert [percent(value) for value in (-0.4, 0.2, 0.001, -0.001)] == ["-40", "+20", "0", "0"]
    assert (count(0, "flag", "flags"), count(1, "flag", "flags"), count(2, "flag", "flags")) == (
        "no flags",
        "1 flag",
        "2 flags",
    )
    assert (label("status_a"), tier_label("high"), tier_label("top_tier")) == ("Status A", "High tier", "Top tier")
    assert moment(NOW - timedelta(days=1), NOW) == "yesterday 06:30"


def erasure(*states: PlaceState, days_ago: int = 3) -> Erasure:
    places = tuple(
        Place("meta", f"audience/t{number}", state, detail="too small") for number, state in enumerate(states)
    )
    return Erasure("e1", NOW - timedelta(days=days_ago), "a", True, None, places)


def test_somebody_a_platform_will_not_let_go_is_the_first_problem() -> None:
    told = build_briefing(replace(ordinary(), erasures=[erasure(PlaceState.DONE, PlaceState.REFUSED)]))
    assert told.mood is Mood.BROKEN
    assert told.problems[0].startswith("A person to be forgotten cannot be taken out of t1 on Meta (too small)")
    assert not next(fact for fact in told.facts if fact.label == "Forgetting").good


def test_an_erasure_under_way_is_a_fact_and_no_problem_until_the_month_is_nearly_over() -> None:
    under_way = build_briefing(replace(ordinary(), erasures=[erasure(PlaceState.WAITING)]))
    fact = next(fact for fact in under_way.facts if fact.label == "Forgetting")
    assert (fact.good, under_way.problems) == (True, ())
    late = build_briefing(replace(ordinary(), erasures=[erasure(PlaceState.PENDING, days_ago=25)]))
    assert "is not forgotten yet" in late.problems[0]
