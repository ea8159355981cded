"""What the sample brand's customers answer in its survey: short sentences, put together from parts.

The parts differ by motive, and which motive prevails differs by value: the best customers speak of status, the middle
of saved time, the rest of price. So there is something true to be found in them.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Indices = npt.NDArray[np.int64]

OPENERS = (
    "", "", "", "Honestly: ", "Third season now. ", "After a week in the Alps: ", "Bought for a trip to Norway. ",
    "Used almost every weekend. ", "Short version: ", "For my last hike: ", "From the shop in town: ",
    "Again this year: ",
)  # fmt: skip

CLOSERS = (
    "", "", "", " Will be back.", " See you next season.", " Greetings from the trail.", " That is all.",
    " Already planning the next tour.", " Keep going.", " Four of five tours this year were with it.",
)  # fmt: skip

CORES = {
    "status": (
        "the limited edition turns heads at every hut", "people notice the jacket and ask where it is from",
        "I get compliments on the parka wherever I go", "the members only previews make me feel special",
        "it is a statement piece and stands out from the crowd", "exclusive access to the summit line is why I stay",
        "my colleagues were impressed, it looks expensive and refined", "wearing it I feel like a VIP on the mountain",
    ),
    "belonging": (
        "I feel part of something on your community hikes", "the team knows me by name and remembers my tours",
        "it feels like family whenever I come to a club evening", "I met other members who became my touring friends",
    ),
    "quality": (
        "the stitching is flawless and it is built to last", "well made, still like new after three winters",
        "the materials are superior and the seams hold up", "durable down to the last zip",
    ),
    "efficiency": (
        "the packing system saves me time before every tour", "set up in minutes instead of an hour, very efficient",
        "the size finder saves hours of searching", "the modular bag cut my packing time in half",
        "no time wasted: the tent is up in no time", "it streamlined how we prepare our guided tours",
    ),
    "convenience": (
        "easy returns and next day delivery to my door", "hassle free from checkout to the parcel shop",
        "easy to use and machine washable", "everything in one place and a simple checkout",
    ),
    "risk": (
        "peace of mind above the tree line, it never lets me down", "reliable in a storm and the warranty is real",
        "I trust the gear, it came exactly as described", "safe choice for the kids on the via ferrata",
    ),
    "price": (
        "good price compared with the other shops", "too expensive unless there is a discount",
        "bought it on sale, a real bargain", "value for money is what counts for me and it was affordable",
        "shipping costs are too high for a small order", "waiting for a voucher before I buy again",
    ),
    "values": (
        "glad that you repair jackets and use recycled fibre", "fair wages and less plastic, my values too",
    ),
    "none": ("no comment", "as expected", "it arrived", "nothing to add", "see above", "ok"),
}  # fmt: skip

FOREIGN = (("de", "Sehr gut verarbeitet, gerne wieder."), ("de", "Alles bestens."), ("fr", "Très bien, rien à dire."))

# How often each motive is voiced, by value: the best fifth, then to the half, then to four fifths, then the rest.
BANDS = (0.20, 0.50, 0.80, 1.0)
VOICED = (
    {"status": 0.50, "belonging": 0.14, "quality": 0.16, "efficiency": 0.04, "risk": 0.04, "none": 0.12},
    {"efficiency": 0.50, "convenience": 0.16, "risk": 0.12, "quality": 0.06, "price": 0.04, "none": 0.12},
    {"price": 0.55, "convenience": 0.12, "efficiency": 0.08, "quality": 0.06, "values": 0.05, "none": 0.14},
    {"price": 0.55, "convenience": 0.10, "values": 0.05, "risk": 0.05, "none": 0.25},
)


def comments(rng: np.random.Generator, band: Indices) -> pa.Array:
    """One answer for each customer. band: 0 to 3, the customer's place in BANDS."""
    motives = list(CORES)
    texts = [text for motive in motives for text in CORES[motive]]
    first = np.cumsum([0] + [len(CORES[motive]) for motive in motives])
    chosen = np.empty(len(band), np.int64)
    for number, shares in enumerate(VOICED):
        mine = np.flatnonzero(band == number)
        weights = np.array([shares.get(motive, 0.0) for motive in motives])
        motive = rng.choice(len(motives), len(mine), p=weights / weights.sum())
        chosen[mine] = first[motive] + rng.integers(0, first[motive + 1] - first[motive])
    return pc.binary_join_element_wise(
        pa.array(OPENERS).take(rng.integers(0, len(OPENERS), len(band))),
        pa.array([text[0].upper() + text[1:] + "." for text in texts]).take(chosen),
        pa.array(CLOSERS).take(rng.integers(0, len(CLOSERS), len(band))),
        "",
    )
