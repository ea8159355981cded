"""What Meta alone offers, from the project file to the platform: an adopted list, a value rule, a lookalike."""

import pytest

from activator.errors import UnsafePlanError
from activator.model.plan import UpdateObject
from activator.sync import apply_plan, make_plan
from connectors.sandbox import accounts
from connectors.sandbox.meta.audiences import create
from connectors.sandbox.meta.context import ACCOUNT, AUDIENCE, Context
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.server import Sandbox
from tests.e2e.shop import Shop


def old_list(sandbox: Sandbox) -> str:
    """A customer list somebody made by hand, long ago."""
    context = Context(sandbox.state, sandbox.seed)
    account = context.get(ACCOUNT, accounts.META_ACCOUNT_ID)
    assert account is not None
    params = {"name": "Old best customers", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    return str(create(context, account, Parameters(params))["id"])


def open_with_options(shop: Shop, adopted: str) -> None:
    shop.people = {number: (number * 3, "granted") for number in range(1, 601)}
    shop.open(google=False)
    path = shop.folder / "activator.yaml"
    text = path.read_text(encoding="utf-8")
    options = "audience_labels: {high: HIGH_VALUE_CUSTOMERS}, lookalike_percent: {high: 2}"
    text = text.replace(
        "dsa_payor: Nordlicht}", f"dsa_payor: Nordlicht, {options}, adopt_audiences: {{high: {adopted}}}}}"
    )
    text = text.replace('high: {daily_budget: "60.00"}', 'high: {daily_budget: "60.00", bid: {value_rule: "1.3"}}')
    path.write_text(text, encoding="utf-8")


def test_an_adopted_list_is_asked_about_once_and_grows_a_lookalike(shop: Shop, sandbox: Sandbox) -> None:
    adopted = old_list(sandbox)
    open_with_options(shop, adopted)

    plan, folder = make_plan(shop.runner())
    with pytest.raises(UnsafePlanError, match="unknown-audience"):
        apply_plan(shop.runner(), plan, folder)
    accepted = {finding.guard: "it is our own old list" for finding in plan.guards}
    assert apply_plan(shop.runner(), *make_plan(shop.runner(), accepted)).complete

    assert shop.members("meta")["high"] == 120
    ours = sandbox.state.get("meta", AUDIENCE, adopted)
    assert ours is not None
    assert "[act:" in ours["name"]

    plan, folder = make_plan(shop.runner())
    assert plan.guards == ()
    (change,) = plan.changes
    assert isinstance(change, UpdateObject)
    assert change.differences == {"lookalike": ("", "2 % of DE")}
    assert apply_plan(shop.runner(), plan, folder).complete
    assert make_plan(shop.runner())[0].changes == ()
