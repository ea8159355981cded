"""Faults to order are used up by the calls they name, and by no others."""

import pytest

from connectors.sandbox.faults import FaultKind, Faults


def test_a_fault_is_taken_as_often_as_ordered() -> None:
    faults = Faults()
    faults.order("reset", "meta", count=2)
    taken = [faults.take("meta", "GET node") for _ in range(3)]
    assert taken == [FaultKind.RESET, FaultKind.RESET, None]


def test_other_platforms_and_methods_are_spared() -> None:
    faults = Faults()
    faults.order("http_500_html", "meta", method="post users")
    assert faults.take("google", "POST users") is None
    assert faults.take("meta", "POST campaigns") is None
    assert faults.take("meta", "POST users") is FaultKind.HTTP_500_HTML


def test_orders_are_served_first_come_first() -> None:
    faults = Faults()
    for kind in ("reset", "rate_limited"):
        faults.order(kind, "google")
    assert [faults.take("google", "x"), faults.take("google", "x")] == [FaultKind.RESET, FaultKind.RATE_LIMITED]


def test_cleared_orders_are_forgotten() -> None:
    faults = Faults()
    faults.order("reset", "meta", count=5)
    faults.clear()
    assert faults.take("meta", "x") is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        Faults().order("earthquake", "meta")
