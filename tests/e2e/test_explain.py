"""Why a person is, or is not, in an audience: from the exports, and from what was sent, also after they have gone."""

import json
import re

from activator.explain import explain
from activator.model.explanation import Explanation, Whereabouts
from activator.sync import Runner, apply_plan, make_plan
from tests.e2e.commands import activator
from tests.e2e.shop import Shop


def asked(runner: Runner, text: str) -> Explanation:
    return explain(runner.workspace, runner.clock, text)


def test_a_customer_is_explained_from_row_to_receipt_and_after_leaving(shop: Shop) -> None:
    runner = shop.open(google=False)
    apply_plan(runner, *make_plan(runner))

    found = asked(runner, " Person20@Example.com")
    assert found.asked == {"e-mail": "P***@E***.com", "customer id": "P***@E***.com"}
    (person,) = found.people
    assert [(row.source, row.place, row.by, row.to) for row in person.rows] == [
        ("contacts", "contacts.csv, line 21", "", ""),
        ("orders", "orders.csv, line 21", "customer id", "contacts.csv, line 21"),
    ]
    standing = person.standing
    assert (standing.tier, standing.value_minor, standing.orders) == ("high", 200_000, 1)
    assert (standing.tier_value_min_minor, standing.tier_value_max_minor) == (170_000, 200_000)
    assert set(standing.consent.values()) == {"granted"}
    assert standing.outcome["meta"] == "member"
    (audience,) = found.audiences
    assert (audience.destination, audience.audience_key, audience.believed) == ("meta", "audience/high", Whereabouts.IN)
    assert [(sent.operation, sent.state, sent.sends) for sent in audience.sent] == [("add", "settled", 1)]
    assert audience.sent[0].sent_at is not None

    del shop.people[20]
    shop.export()
    runner = shop.runner()
    apply_plan(runner, *make_plan(runner))
    gone = asked(runner, "person20@example.com")
    assert gone.people == ()
    (audience,) = gone.audiences
    assert audience.believed is Whereabouts.OUT
    assert [sent.operation for sent in audience.sent] == ["add", "remove"]

    told = command(shop, "19", "--json")
    assert json.loads(told)["explanation"]["people"][0]["standing"]["tier"] == "high"
    assert not re.search(r"person\d+@|[0-9a-f]{64}", told), "neither an address nor a digest"


def command(shop: Shop, typed: str, *options: str) -> str:
    answer = activator("explain", "--stdin", *options, folder=shop.folder, typed=f"{typed}\n")
    assert answer.code == 0, answer.err
    return answer.out
