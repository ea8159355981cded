"""A million customers: purchase days -> fitted models -> value and churn risk of everyone, beside lifetimes.

Run: .venv/bin/python -m benchmarks.forecast --customers 1000000 [--peer-python PATH]
Purchase days are drawn from an MBG/NBD with Gamma-Gamma baskets, from a seed, into --cache. Each way runs in a process
of its own; what it costs to start Python and to import is in wall time and peak memory. The engine's memory limit is
--memory-mb. --peer-python is an interpreter with `lifetimes==0.11.3` (archived; it wants its own environment, with
pandas). It is given each customer's summary, which we make of the days, and fits and predicts the same two models.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

AS_OF = date(2026, 1, 1)
WEEKS = 104
HORIZON_DAYS = 365
TRUTH = {"r": 0.6, "alpha": 7.0, "a": 0.9, "b": 2.5, "p": 6.0, "q": 4.0, "v": 1500.0}


def generate(path: Path, customers: int) -> None:
    """(person, day, net_minor): everybody first buys within the first year and a half."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(2026)
    who = np.arange(customers)
    rate = random.gamma(TRUTH["r"], 1 / TRUTH["alpha"], customers)
    leaves = random.beta(TRUTH["a"], TRUTH["b"], customers)
    scale = random.gamma(TRUTH["q"], 1 / TRUTH["v"], customers)
    day = random.integers(0, int(WEEKS * 7 * 0.75), customers).astype(float)
    parts: list[tuple[Any, Any]] = []
    while who.size:
        parts.append((who, day.astype(np.int64)))
        stays = random.random(who.size) >= leaves[who]
        who, day = who[stays], day[stays]
        day = day + np.maximum(random.exponential(1 / rate[who]) * 7, 1.0)
        inside = day < WEEKS * 7
        who, day = who[inside], day[inside]
    people, days = (np.concatenate(column) for column in zip(*parts, strict=True))
    minor = np.maximum(random.gamma(TRUTH["p"], 1 / scale[people]), 1).astype(np.int64)
    first = (AS_OF - timedelta(days=WEEKS * 7)).toordinal() - date(1970, 1, 1).toordinal()
    dates = pa.array((days + first + 1).astype("int32")).cast(pa.date32())
    order = random.permutation(people.size)
    table = pa.table({"n": people, "day": dates, "net_minor": minor}).take(pa.array(order))
    pq.write_table(table, path)


def ours(days_file: Path, given: argparse.Namespace) -> dict[str, Any]:
    """What `People.standing` does about the future, on the engine."""
    from activator.people.engine import Engine
    from activator.people.forecast.backtest import backtest
    from activator.people.forecast.forecast import Method
    from activator.people.forecast.predict import predictions

    steps: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=given.cache) as scratch:
        engine = Engine(Path(scratch), given.memory_mb, given.threads)
        raw = engine.backend.read_parquet(str(days_file))
        grouped = raw.group_by(person=raw.n, day=raw.day).agg(net_minor=raw.net_minor.sum().cast("int64"))
        began = time.perf_counter()
        days = engine.materialise("days", grouped)
        steps["gather days"] = time.perf_counter() - began
        tried = None
        if given.backtest:
            began = time.perf_counter()
            tried = backtest(days, AS_OF, HORIZON_DAYS)
            steps["back-test, 3 origins x 3 estimates"] = time.perf_counter() - began
        began = time.perf_counter()
        chosen = tried or _model_only()
        predicted = engine.materialise("predicted", predictions(days, AS_OF, HORIZON_DAYS, chosen))
        steps["fit and predict"] = time.perf_counter() - began
        told = predicted.agg(
            people=predicted.count(), total=predicted.predicted_minor.sum(), risk=predicted.no_purchase.mean()
        )
        found = told.to_pyarrow().to_pylist()[0]
        found["total"] = int(found["total"])
        if tried is not None:
            found["used"] = tried.method.value
            found["trials"] = {
                str(method): round(sum(t.capture for t in tried.trials if t.method is method) / 3, 4)
                for method in Method
            }
        engine.close()
    return {"steps": {name: round(seconds, 2) for name, seconds in steps.items()}, "found": found}


def _model_only() -> Any:
    from activator.people.forecast.backtest import Backtest
    from activator.people.forecast.forecast import Method

    return Backtest((), Method.MODEL, "", 0.8, 1.2)


def summaries(days_file: Path, target: Path) -> None:
    """What lifetimes wants: frequency, recency, T in weeks and the mean value of repeat purchases."""
    import duckdb

    duckdb.sql(f"""
        COPY (
            WITH d AS (SELECT n, day, sum(net_minor) AS net FROM read_parquet('{days_file}') GROUP BY ALL),
            c AS (SELECT n, count(*) - 1 AS x, min(day) AS f, max(day) AS l, sum(net) AS total, arg_min(net, day) AS one
                  FROM d GROUP BY n)
            SELECT x AS frequency, date_diff('day', f, l) / 7 AS recency, date_diff('day', f, DATE '{AS_OF}') / 7 AS t,
                   CASE WHEN x > 0 THEN (total - one) / x ELSE 0 END AS monetary FROM c
        ) TO '{target}' (FORMAT csv, HEADER)
    """)


PEER = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from lifetimes import GammaGammaFitter, ModifiedBetaGeoFitter
steps = {}
began = time.perf_counter(); frame = pd.read_csv(sys.argv[1]); steps["read summaries"] = time.perf_counter() - began
began = time.perf_counter()
purchases = ModifiedBetaGeoFitter(penalizer_coef=0.0).fit(frame.frequency, frame.recency, frame.t)
repeat = frame[frame.frequency > 0]
spend = GammaGammaFitter(penalizer_coef=0.0).fit(repeat.frequency, repeat.monetary)
steps["fit"] = time.perf_counter() - began
began = time.perf_counter()
often = purchases.conditional_expected_number_of_purchases_up_to_time(365 / 7, frame.frequency, frame.recency, frame.t)
much = spend.conditional_expected_average_profit(frame.frequency, frame.monetary)
value = often * much
steps["predict"] = time.perf_counter() - began
print(json.dumps({"steps": {k: round(v, 2) for k, v in steps.items()},
    "found": {"people": len(frame), "total": int(value.sum()), "parameters": purchases.params_.round(4).to_dict()},
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def alone(command: list[str]) -> dict[str, Any]:
    """A process's own answer, with its wall and CPU seconds."""
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:], "wall_s": round(wall, 1)}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer | {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "activator-benchmarks")
    parser.add_argument("--memory-mb", type=int, default=200, help="the engine's own limit")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backtest", action="store_true", help="try all estimates on the past first")
    parser.add_argument("--peer-python", help="interpreter with lifetimes==0.11.3")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    days_file = given.cache / f"days-{given.customers}.parquet"
    if given.alone:
        answer = ours(days_file, given)
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(answer))
        return
    if not days_file.exists():
        generate(days_file, given.customers)
    print(f"{given.customers:,} customers, Python {platform.python_version()}, {given.threads} threads")
    command = [sys.executable, "-m", "benchmarks.forecast", "--alone", *sys.argv[1:]]
    print("activator", json.dumps(alone(command), indent=2))
    if given.peer_python:
        summary = given.cache / f"summary-{given.customers}.csv"
        summaries(days_file, summary)
        print("lifetimes 0.11.3", json.dumps(alone([given.peer_python, "-c", PEER, str(summary)]), indent=2))


if __name__ == "__main__":
    main()
