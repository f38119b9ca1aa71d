"""An experiment from its start to its result: arms of the channel, feeds by the function, likes."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from artifacts.channel import Arm, read_channel
from artifacts.experiment import start
from artifacts.stores import open_store
from handler.settings import Settings
from tests.handler.events import function, http_event
from tests.support.releases import Trained
from train.cli import OK
from train.cli import main as train

pytestmark = pytest.mark.slow

KEY = "arn:aws:cloudformation:eu-central-1:123456789012:stack/lenta/0"
READERS = 600
STARTED = datetime(2026, 11, 24, tzinfo=UTC)
"""With the name it draws the arms: always the same, or one run in a thousand would alarm."""

Shown = dict[int, list[int]]


def readers(source: Path) -> list[int]:
    with duckdb.connect() as database:
        rows = database.execute(f"SELECT user_id FROM '{source / 'user_data.parquet'}' ORDER BY 1")
        return [row[0] for row in rows.fetchmany(READERS)]


def feeds(store: Path, asking: list[int], moment: datetime) -> Iterator[tuple[int, list[int]]]:
    """What each reader is answered with; the function writes its lines meanwhile."""
    send = function(Settings(str(store), reader_hash_key=KEY))
    for reader in asking:
        event = http_event("/v1/recommendations", f"id={reader}&time={moment:%FT%T}&limit=10")
        posts = json.loads(send(event)["body"])["recommendations"]
        yield reader, [post["id"] for post in posts]


def liked_afterwards(source: Path, folder: Path, likes: dict[int, int], moment: datetime) -> Path:
    """The tables two days later: each of these readers has liked a post."""
    shutil.copytree(source, folder)
    feed = str(folder / "feed_data.parquet")
    with duckdb.connect() as database:
        database.execute("CREATE TABLE f AS FROM read_parquet($feed)", {"feed": feed})
        rows = [(moment + timedelta(minutes=5), *like, "view", 1) for like in likes.items()]
        reader, post = next(iter(likes.items()))
        rows.append((moment + timedelta(days=2), reader, post, "view", 0))
        database.executemany("INSERT INTO f VALUES (?, ?, ?, ?, ?)", rows)
        database.execute(f"COPY f TO '{feed}'")
    return folder


def last_moment(source: Path) -> datetime:
    with duckdb.connect() as database:
        row = database.execute(
            f"SELECT max(timestamp) FROM '{source / 'feed_data.parquet'}'"
        ).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found.replace(microsecond=0) + timedelta(hours=1)


def test_what_the_function_shows_is_compared_by_what_is_liked(
    trained: Trained,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "store"
    shutil.copytree(trained.store, store)
    arm = Arm(name="treatment", release=trained.manifest.release, share=0.5, temperature=0.5)
    start(open_store(str(store)), "drawn", [arm], now=STARTED)
    moment = last_moment(trained.source)
    capsys.readouterr()

    shown: Shown = dict(feeds(store, readers(trained.source), moment))
    log = tmp_path / "log" / "function.log"
    log.parent.mkdir()
    log.write_text(capsys.readouterr().out)
    likes = {reader: posts[reader % 8] for reader, posts in shown.items() if reader % 3 == 0}
    source = liked_afterwards(trained.source, tmp_path / "later", likes, moment)
    monkeypatch.setenv("READER_HASH_KEY", KEY)
    written = tmp_path / "result.json"
    place = ("--exposures", str(log.parent), "--source", str(source), "--json", str(written))
    assert train(["experiment", *place]) == OK

    found = json.loads(written.read_text())
    channel = read_channel(open_store(str(store)))
    assert channel is not None
    treated = {reader for reader in shown if channel.arm_of(reader).name == "treatment"}
    counts = {arm["arm"]: arm for arm in found["arms"]}
    assert counts["treatment"]["readers"] == len(treated)
    assert counts["control"]["readers"] == READERS - len(treated)
    assert counts["treatment"]["likes"] == len(treated & likes.keys())
    assert counts["control"]["likes"] == len(likes.keys() - treated)
    assert found["lines"]["broken"] == 0
    assert found["exposures"]["compared"] == READERS
    assert found["sample_ratio"]["p"] > 0.001
    assert found["with_history"] > 0.8
    assert list(found["policies"]) == ["treatment"]
    as_drawn = found["policies"]["treatment"][0]
    first = [likes.get(reader) in shown[reader][:5] for reader in treated]
    assert as_drawn["snips"]["value"] == pytest.approx(sum(first) / (5 * len(treated)))
