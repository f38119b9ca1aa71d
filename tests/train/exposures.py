"""A small network, and a log of what its readers were shown, written by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from artifacts.pseudonym import pseudonym
from train.experiment.analysis import ExperimentSettings, analyse
from train.experiment.result import Result
from train.progress import Silent

KEY = b"arn:aws:cloudformation:eu-central-1:123456789012:stack/lenta/0"
NOON = 1_633_867_200  # 2021-10-10 12:00
HOUR, DAY = 3_600, 86_400

Action = tuple[int, int, int]
"""A like: reader, post, moment."""

_TABLES = """
CREATE TABLE user_data AS
SELECT i AS user_id, 1 AS gender, 30 AS age, 'Russia' AS country, 'Moscow' AS city,
    1 AS exp_group, 'iOS' AS os, 'ads' AS source
FROM range(1, 101) AS t(i);
CREATE TABLE post_text_df AS
SELECT i AS post_id, 'text ' || i AS text, 'sport' AS topic FROM range(1, 101) AS t(i);
-- Until eight days before NOON everybody has seen ten posts and liked the readers' own number of
-- them; then nobody anything, until ten days after it.
CREATE TABLE feed_data AS
SELECT TIMESTAMP '2021-09-25 10:00:00' + to_days((post % 8)::INTEGER) AS "timestamp",
    reader AS user_id, post AS post_id, 'view' AS action,
    (post - 90 < reader % 7)::INTEGER AS target
FROM range(1, 101) AS r(reader), range(91, 101) AS p(post)
UNION ALL
SELECT TIMESTAMP '2021-10-20 12:00:00', 1, 100, 'view', 0;
"""


def exposure(user: int, time: int, posts: Sequence[int], **other: Any) -> dict[str, Any]:
    """A record, as of two even arms; readers of odd numbers have the treatment."""
    return {
        "at": f"2026-11-24T{time % DAY // HOUR:02}:{time % HOUR // 60:02}:{time % 60:02}.123Z",
        "time": time,
        "reader": pseudonym(user, KEY),
        "experiment": "bigger-model",
        "arm": "treatment" if user % 2 else "control",
        "share": 0.5,
        "release": "20261124T040500Z-1f2e3d4c",
        "source": "model",
        "call": "/v1/recommendations",
        "posts": list(posts),
        "scores": [-1.0 - i for i in range(len(posts))],
        "exploration": None,
    } | other


def line(record: dict[str, Any]) -> str:
    return json.dumps({"exposure": record}, separators=(",", ":"))


def write_log(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line(record) + "\n" for record in records))
    return path


def write_network(folder: Path, likes: Sequence[Action] = ()) -> Path:
    """The three tables; a like is a view that was liked, a second later a like."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        database.execute(_TABLES)
        for reader, post, moment in likes:
            rows = ((moment, "view", 1), (moment + 1, "like", 0))
            for second, action, target in rows:
                database.execute(
                    "INSERT INTO feed_data VALUES (make_timestamp($second::BIGINT * 1000000), "
                    "$reader, $post, $action, $target)",
                    {"second": second, "reader": reader, "post": post,
                     "action": action, "target": target},
                )  # fmt: skip
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"COPY {name} TO '{folder / name}.parquet'")
    return folder


def result(
    folder: Path, records: Sequence[dict[str, Any]], likes: Sequence[Action] = (), **other: Any
) -> Result:
    """The result of the experiment whose log holds these records and whose feed these likes."""
    log = write_log(folder / "log.jsonl", records)
    source = write_network(folder / "network", likes)
    return analyse(ExperimentSettings(log, str(source), KEY, **other), Silent())
