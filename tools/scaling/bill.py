"""The tables of prices, and of what a million feeds cost."""

from math import inf

from tools.scaling import costs, facts
from tools.scaling.growth import NETWORKS, call_ms, rate_of, text_gets, two_releases
from tools.scaling.study import ENOUGH, with_shards
from tools.scaling.table import Cell, Table


def feeds() -> Table:
    """Dollars a million feeds, by network and by where readers' rows lie."""
    rows: list[tuple[Cell, ...]] = []
    for readers, posts, rate in (
        (NETWORKS[0], 7_023, rate_of(NETWORKS[0])),
        (10_000_000, 1_000_000, rate_of(10_000_000)),
        (100_000_000, 10_000_000, rate_of(100_000_000)),
        (100_000_000, 10_000_000, 10_000.0),
    ):
        found = with_shards(readers, rate, ENOUGH)
        megabytes = min(max(facts.MEMORY_MB.value, two_releases(posts)), facts.MOST_MEMORY_MB.value)
        for way in costs.WAYS:
            usage = costs.Usage(
                rate, found.hits, found.cold, call_ms(posts), megabytes, text_gets(posts)
            )  # fmt: skip
            dollars = costs.per_million(usage, way)
            whole = sum(dollars.values())
            rows.append((
                f"{readers:,} readers, {posts:,} posts", rate, f"{megabytes:,.0f}", way.name,
                *dollars.values(), whole, whole * rate * costs.MONTH / 1e6,
            ))  # fmt: skip
    return Table(
        "Dollars a million feeds",
        (
            "network", "calls a second", "MB", "readers' rows", "API Gateway", "Lambda", "rows",
            "texts", "logs", "data out", "all", "$ a month",
        ),
        rows,
    )  # fmt: skip


def prices() -> Table:
    """The list prices, with their steps."""
    rows: list[tuple[Cell, ...]] = []
    for price in costs.PRICES:
        steps = [
            f"{dollars:g}" if up_to == inf else f"{dollars:g} up to {up_to:,.0f}"
            for up_to, dollars in price.steps
        ]
        rows.append((price.what, price.unit, "; ".join(steps), f"[{price.since}]({price.source})"))
    return Table("List prices", ("", "unit", "$", "since, or as read"), rows)
