"""The sample brand's orders as columns of numbers: who bought what and when, what was paid, refunded or cancelled."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from activator.demo.brand_people import Indices, People

# Name and price in cents, cheapest first: who tends to spend more reaches further down the list.
PRODUCTS = (
    ("Merino socks", 1490), ("Head torch strap", 1690), ("Carabiner set", 1990), ("Enamel mug", 2190),
    ("Dry bag 10 l", 2490), ("Cap Fjell", 2990), ("Base layer shirt", 4490), ("Gaiters", 4990), ("Gas stove", 5990),
    ("Trail shirt", 6490), ("Water filter", 7490), ("Trekking poles", 8990), ("Day pack 22 l", 9990),
    ("Trail runner", 12990), ("Fleece Tinde", 13990), ("Rain jacket Regn", 18990), ("Sleeping mat", 15990),
    ("Hiking boot Berg", 21990), ("Down jacket Lys", 27990), ("Touring pack 55 l", 24990), ("Sleeping bag -10", 34990),
    ("Hardshell Storm", 42990), ("Expedition parka", 64990), ("Tent Vinterly 2", 79900), ("Packraft Elv", 129900),
)  # fmt: skip
SHIPPING_CENTS = 490
FREE_SHIPPING_CENTS = 8000
UNTIL = np.datetime64("2026-11-24T00:00:00")  # the first export is drawn at this instant, the second a day later
HISTORY_DAYS = 780

PAID, PARTLY, REFUNDED, PENDING, VOIDED = range(5)
STATUSES = ("paid", "partially_refunded", "refunded", "pending", "voided")
STATUS_SHARES = (0.905, 0.04, 0.03, 0.01, 0.015)

Instants = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Orders:
    """One entry per order, in the order they were placed; lines are sorted by order. Money in cents."""

    person: Indices
    placed: Instants
    status: Indices
    total: Indices
    refunded: Indices
    spelling: Indices  # 0 to 99: how the customer wrote the e-mail address and whether a phone number was given
    line_order: Indices
    line_product: Indices
    line_quantity: Indices

    @property
    def net(self) -> Indices:
        """What each order brought: nothing when it was cancelled or never paid."""
        return np.where(self.status >= PENDING, 0, self.total - self.refunded)


def first_day(rng: np.random.Generator, persons: People) -> Orders:
    """All orders up to the first export."""
    buyers = np.flatnonzero(persons.buys & ~persons.newcomers)
    often = np.minimum(1 + rng.poisson(0.7 * np.exp(0.8 * persons.worth[buyers])), 40)
    person = np.repeat(buyers, often)
    known_days = np.repeat(rng.integers(1, HISTORY_DAYS, len(buyers)), often)
    ago = (rng.random(len(person)) * known_days * 86_400).astype("timedelta64[s]")
    order = np.argsort(UNTIL - ago, kind="stable")
    return _placed(rng, person[order], (UNTIL - ago)[order], persons.worth[person[order]])


def second_day(rng: np.random.Generator, persons: People, before: Orders) -> Orders:
    """The same orders a day later: newcomers buy, some customers buy a lot, some send their dearest order back."""
    buyers = np.flatnonzero(persons.buys & ~persons.newcomers)
    again = buyers[rng.random(len(buyers)) < 0.04]
    person = np.concatenate([again, np.flatnonzero(persons.buys & persons.newcomers)])
    rng.shuffle(person)
    placed = np.sort(UNTIL + rng.integers(0, 86_400, len(person)).astype("timedelta64[s]"))
    eager = np.where(rng.random(len(person)) < 0.4, 2.5, 0.0)
    fresh = _placed(rng, person, placed, persons.worth[person] + eager)
    returning = buyers[rng.random(len(buyers)) < 0.012]
    return _joined(_returned(before, returning), fresh)


def _placed(rng: np.random.Generator, person: Indices, placed: Instants, worth: npt.NDArray[np.float64]) -> Orders:
    count = len(person)
    draw = rng.random(count)
    lines = 1 + (draw < 0.45) + (draw < 0.15)
    line_order = np.repeat(np.arange(count), lines)
    reach = rng.random(len(line_order)) ** np.exp(-0.55 * worth[line_order])
    product = np.minimum((reach * len(PRODUCTS)).astype(np.int64), len(PRODUCTS) - 1)
    quantity = 1 + (rng.random(len(line_order)) < 0.08).astype(np.int64)
    prices = np.array([price for _, price in PRODUCTS])
    subtotal = np.bincount(line_order, prices[product] * quantity, minlength=count).astype(np.int64)
    total = subtotal + np.where(subtotal < FREE_SHIPPING_CENTS, SHIPPING_CENTS, 0)
    status = rng.choice(len(STATUSES), count, p=STATUS_SHARES)
    refunded = np.select([status == PARTLY, status == REFUNDED], [subtotal // 2, total], 0)
    return Orders(person, placed, status, total, refunded, rng.integers(0, 100, count), line_order, product, quantity)


def _returned(orders: Orders, persons: Indices) -> Orders:
    """The dearest order of each of the persons, refunded."""
    by_price = np.lexsort((-orders.net, orders.person))
    first = np.ones(len(by_price), np.bool_)
    first[1:] = orders.person[by_price][1:] != orders.person[by_price][:-1]
    dearest = by_price[first]
    back = dearest[np.isin(orders.person[dearest], persons) & (orders.status[dearest] == PAID)]
    status, refunded = orders.status.copy(), orders.refunded.copy()
    status[back], refunded[back] = REFUNDED, orders.total[back]
    return replace(orders, status=status, refunded=refunded)


def _joined(one: Orders, two: Orders) -> Orders:
    return Orders(
        person=np.concatenate([one.person, two.person]),
        placed=np.concatenate([one.placed, two.placed]),
        status=np.concatenate([one.status, two.status]),
        total=np.concatenate([one.total, two.total]),
        refunded=np.concatenate([one.refunded, two.refunded]),
        spelling=np.concatenate([one.spelling, two.spelling]),
        line_order=np.concatenate([one.line_order, two.line_order + len(one.person)]),
        line_product=np.concatenate([one.line_product, two.line_product]),
        line_quantity=np.concatenate([one.line_quantity, two.line_quantity]),
    )


def bands(orders: Orders, persons: People, edges: tuple[float, ...]) -> tuple[Indices, Indices]:
    """Customers, and the place of each by value: 0 for the best edges[0] of them, and so on."""
    value = np.bincount(orders.person, orders.net, minlength=persons.count)
    customers = np.unique(orders.person)
    rank = np.empty(len(customers), np.int64)
    rank[np.argsort(-value[customers], kind="stable")] = np.arange(len(customers))
    return customers, np.searchsorted(np.array(edges[:-1]), (rank + 0.5) / len(customers))
