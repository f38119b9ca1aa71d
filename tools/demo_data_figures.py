"""Measures generated tables and prints the figures beside the network's own, as a Markdown table.

python -m tools.demo_data_figures FOLDER
"""

import sys
from pathlib import Path

import duckdb

# Measured on the network's tables: readers and posts on all rows, the feed on the whole or, where
# that was not possible, on the full history of 114 readers.
NETWORK = {
    "gender 1": 0.551,
    "exp_group 0": 0.201,
    "exp_group 1": 0.200,
    "exp_group 2": 0.200,
    "exp_group 3": 0.201,
    "exp_group 4": 0.199,
    "os Android": 0.649,
    "source ads": 0.623,
    "country Russia": 0.876,
    "country Ukraine": 0.051,
    "country Belarus": 0.020,
    "country Kazakhstan": 0.019,
    "country Turkey": 0.010,
    "country Finland": 0.010,
    "country Azerbaijan": 0.009,
    "country Switzerland": 0.001,
    "city Moscow": 0.134,
    "city Saint Petersburg": 0.042,
    "city Novosibirsk": 0.012,
    "cities": 3915,
    "age mean": 27.2,
    "age sd": 10.2,
    "age quantile 5%": 16,
    "age quantile 25%": 19,
    "age quantile 50%": 24,
    "age quantile 75%": 33,
    "age quantile 95%": 48,
    "ids left out, readers": 0.031,
    "ids left out, posts": 0.040,
    "posts of movie": 3000,
    "posts of covid": 1799,
    "posts of business": 510,
    "posts of sport": 510,
    "posts of politics": 417,
    "posts of tech": 401,
    "posts of entertainment": 386,
    "posts never shown": 192,
    "median characters of covid": 139,
    "median characters of movie": 932,
    "median characters of entertainment": 1554,
    "median characters of sport": 1628,
    "median characters of business": 1810,
    "median characters of politics": 2606,
    "median characters of tech": 2631,
    "like/view": 0.1195,
    "rows a reader": 471,
    "views a reader, mean": 392,
    "views a reader, sd": 180,
    "sessions a reader, mean": 13.6,
    "sessions a reader, sd": 6.1,
    "posts a session, mean": 28.8,
    "posts a session, sd": 4.4,
    "pairs that repeat": 0.045,
    "like rate of a reader, mean": 0.120,
    "like rate of a reader, sd": 0.054,
    "like rate of a post, sd / mean": 0.17,
    "news posts: variance told by the topic": 0.14,
    "like rate in month 10": 0.094,
    "like rate in month 11": 0.125,
    "like rate in month 12": 0.140,
    "like rate at hour 07": 0.141,
    "like rate at hour 10": 0.120,
    "like rate at hour 14": 0.093,
    "like rate at hour 16": 0.113,
    "like rate at hour 20": 0.137,
    "like rate at hour 22": 0.151,
    "views at hour 06": 0.044,
    "views at hour 10": 0.071,
    "views at hour 15": 0.053,
    "views at hour 22": 0.050,
    "views at hour 23": 0.020,
    "views on weekday 1": 0.143,
    "views on weekday 6": 0.155,
    "like rate of posts 1-5 of a session": 0.190,
    "like rate of posts 6-10 of a session": 0.178,
    "like rate of posts 11-15 of a session": 0.139,
    "like rate of posts 16-20 of a session": 0.081,
    "like rate of posts 21-25 of a session": 0.059,
    "shown at 29-35, movie": 0.24,
    "shown at 29-35, politics": 0.18,
    "shown at 29-35, sport": 0.20,
    "shown at other ages, movie": 0.37,
}

# Measured where likes were 0.157 of the views: only their ratios to that can be compared.
_SAMPLE_RATE = 0.157
NETWORK |= {
    f"relative like rate, {group}": rate / _SAMPLE_RATE
    for group, rate in {
        "gender 0": 0.144,
        "gender 1": 0.167,
        "exp_group 1": 0.19,
        "exp_group 3": 0.13,
        "Turkey": 0.245,
        "Belarus": 0.221,
        "Kazakhstan": 0.218,
        "Ukraine": 0.216,
        "Russia": 0.149,
        "Azerbaijan": 0.122,
        "sport at 18-20": 0.21,
        "sport at 31-35": 0.11,
        "politics at 18-20": 0.20,
        "politics at 31-35": 0.13,
        "movie at 18-20": 0.15,
        "movie at 31-35": 0.22,
    }.items()
}


def main(folder: Path) -> None:
    """Prints the table for the three Parquet files in a folder."""
    with duckdb.connect() as connection:
        for table in ("user_data", "post_text_df", "feed_data"):
            connection.read_parquet(str(folder / f"{table}.parquet")).create_view(table)
        query = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
        generated = dict(connection.execute(query).fetchall())
    print("| figure | the network's | generated |\n|---|---:|---:|")
    for figure, network in NETWORK.items():
        print(f"| {figure} | {_shown(network)} | {_shown(generated[figure])} |")


def _shown(value: float) -> str:
    digits = next(digits for least, digits in ((100, 0), (10, 1), (1, 2), (0, 3)) if value >= least)
    return f"{value:,.{digits}f}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
