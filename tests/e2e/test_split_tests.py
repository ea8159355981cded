"""A split test of the project file: planned once our campaign is there, shown, started once, and never again."""

from datetime import UTC, datetime, timedelta

from activator.model.plan import StartTest
from activator.sync import apply_plan, make_plan, sync
from connectors.sandbox import accounts
from connectors.sandbox.google.account import Account as Advertiser
from connectors.sandbox.google.wire import enum_word
from connectors.sandbox.meta.campaigns import create
from connectors.sandbox.meta.context import ACCOUNT, STUDY, Context
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop, twenty_people


def baseline(sandbox: Sandbox) -> str:
    """A campaign somebody has made by hand, for everybody."""
    context = Context(sandbox.state, sandbox.seed)
    account = context.get(ACCOUNT, accounts.META_ACCOUNT_ID)
    assert account is not None
    params = {
        "name": "For everybody",
        "objective": "OUTCOME_SALES",
        "special_ad_categories": "[]",
        "status": "PAUSED",
        "is_adset_budget_sharing_enabled": "false",
    }
    return str(create(context, account, Parameters(params))["id"])


def put_to_the_test(shop: Shop, against: str, starts_in_days: int) -> None:
    today = datetime.now(UTC).date()
    first, last = today + timedelta(days=starts_in_days), today + timedelta(days=starts_in_days + 27)
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    test = f"{{name: spring, against: {against}, starts_on: {first}, ends_on: {last}}}"
    path.write_text(
        text.replace("    connector: meta\n", f"    connector: meta\n    tests: [{test}]\n"), encoding="utf-8"
    )


def test_a_test_is_started_once_our_campaign_is_there(shop: Shop, sandbox: Sandbox) -> None:
    shop.people = twenty_people()
    shop.open(google=False)
    against = baseline(sandbox)
    put_to_the_test(shop, against, starts_in_days=3)

    first, _ = sync(shop.runner())
    assert [(n.notice, n.subject) for n in first.notices if n.notice == "test-not-started"] == [
        ("test-not-started", "meta/spring")
    ]
    plan, folder = make_plan(shop.runner())
    (change,) = plan.changes
    assert isinstance(change, StartTest)
    assert apply_plan(shop.runner(), plan, folder).complete

    (study,) = [made for made in sandbox.state.list("meta", STUDY) if against in str(made["cells"])]
    assert "[act:" in study["name"]
    assert [(cell["treatment_percentage"], cell["campaigns"]) for cell in study["cells"]] == [
        (50, list(change.test.cells[0].campaign_ids)),
        (50, [against]),
    ]
    assert make_plan(shop.runner())[0].changes == ()


def test_at_google_our_campaign_runs_against_a_copy_without_adjustments(shop: Shop, sandbox: Sandbox) -> None:
    shop.people = twenty_people()
    shop.open()
    today = datetime.now(UTC).date()
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    test = f"{{name: autumn, starts_on: {today + timedelta(days=3)}, ends_on: {today + timedelta(days=30)}}}"
    text = text.replace("    connector: google\n", f"    connector: google\n    tests: [{test}]\n")
    path.write_text(text, encoding="utf-8")
    sync(shop.runner())

    plan, folder = make_plan(shop.runner())
    (change,) = plan.changes
    assert isinstance(change, StartTest)
    assert apply_plan(shop.runner(), plan, folder).complete

    account = Advertiser(sandbox.state, sandbox.identities()["google_customer_id"])
    (experiment,) = [made for made in account.all("experiment").values() if made.suffix == "[autumn]"]
    assert enum_word(experiment, "status") == "ENABLED"
    arms = [arm for arm in account.all("experiment_arm").values() if arm.experiment == experiment.resource_name]
    (copy,) = [name for arm in arms if not arm.control for name in arm.campaigns]
    groups = [group.resource_name for group in account.live("ad_group") if group.campaign == copy]
    assert len(groups) == 3
    adjusted = [
        c.bid_modifier for c in account.live("ad_group_criterion") if c.ad_group in groups and c.HasField("user_list")
    ]
    assert set(adjusted) <= {0.0, 1.0}
    assert 1.0 in adjusted
    again, _ = make_plan(shop.runner())
    assert (again.changes, again.guards) == ((), ())


def test_a_campaign_that_is_not_there_is_named_with_what_to_correct(shop: Shop) -> None:
    shop.people = twenty_people()
    shop.open(google=False)
    put_to_the_test(shop, "120210000000000", starts_in_days=3)
    sync(shop.runner())

    plan, folder = make_plan(shop.runner())
    (row,) = apply_plan(shop.runner(), plan, folder).results

    assert row.error is not None
    assert row.error.next_step == "Correct spring in `tests` of destinations.meta and plan again."
    assert make_plan(shop.runner())[0].changes == plan.changes  # nothing was started


def test_a_test_whose_first_day_is_here_is_not_started_but_spoken_of(shop: Shop, sandbox: Sandbox) -> None:
    shop.people = twenty_people()
    shop.open(google=False)
    put_to_the_test(shop, baseline(sandbox), starts_in_days=-1)
    sync(shop.runner())

    plan, _ = make_plan(shop.runner())

    assert plan.changes == ()
    (notice,) = [notice for notice in plan.notices if notice.notice == "test-not-started"]
    assert "give it a day to come" in notice.message
