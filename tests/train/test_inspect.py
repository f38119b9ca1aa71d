"""`train inspect` tells what is in the tables: figures of small tables are counted by hand."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.events import events, failure
from tests.train.archived import execute
from tests.train.tables import write_tables
from train import cli, demo_data
from train.inspect.look import MOST_PARTS, look
from train.inspect.result import Look, Part
from train.progress import Silent
from train.settings import RunSettings
from train.source.load import load
from train.warehouse import Warehouse

BY_HAND = """
DELETE FROM user_data;
INSERT INTO user_data VALUES
    (1, 0, 18, 'Russia', 'Moscow', 0, 'iOS', 'ads', ''),
    (2, 1, 19, 'Russia', '', 1, 'iOS', 'ads', ''),
    (3, 1, NULL, 'Ukraine', NULL, 1, 'Android', 'ads', ''),
    (3, 1, NULL, 'Ukraine', NULL, 1, 'Android', 'ads', '');
DELETE FROM post_text_df;
INSERT INTO post_text_df VALUES
    (1, 'short', 'sport'), (2, 'the longest of them', 'sport'), (3, 'in between', 'sport'),
    (4, 'short', 'tech'), (5, '', NULL);
DELETE FROM feed_data;
INSERT INTO feed_data VALUES
    ('2021-10-04 10:00:00', 1, 1, 'view', 1),
    ('2021-10-04 10:00:09', 1, 1, 'like', 0),
    ('2021-10-04 10:01:00', 1, 2, 'view', 0),
    ('2021-10-04 10:02:00', 1, 3, 'view', 0),
    ('2021-10-04 10:03:00', 1, 4, 'view', 1),
    ('2021-10-04 10:04:00', 1, 1, 'view', 0),
    ('2021-10-04 10:05:00', 1, 2, 'view', 1),
    ('2021-10-04 11:00:00', 1, 3, 'view', 0),
    ('2021-10-11 23:59:00', 2, 4, 'view', 1),
    ('2021-10-11 23:59:00', 2, 4, 'view', 1),
    ('2021-10-11 23:59:00', 9, 4, 'view', 1),
    (NULL, 2, 4, 'view', 0);
"""

BAD_ROWS = """
INSERT INTO feed_data SELECT * REPLACE (9999 AS user_id) FROM feed_data LIMIT 3;
INSERT INTO feed_data SELECT * REPLACE ('click' AS action) FROM feed_data LIMIT 2;
INSERT INTO user_data SELECT * FROM user_data LIMIT 5;
UPDATE post_text_df SET text = NULL WHERE post_id = 1;
"""


def looked(folder: Path, timezone: str = "UTC") -> Look:
    return look(RunSettings(str(folder), "", timezone=timezone), Silent())


def counts(found: Look, kind: str) -> dict[str, tuple[int, int, int]]:
    """Readers, views and likes of each part."""
    return {part.name: (part.readers, part.views, part.likes) for part in found.splits[kind].parts}


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return looked(write_tables(tmp_path_factory.mktemp("hand"), BY_HAND))


def test_the_totals_are_those_counted_by_hand(by_hand: Look) -> None:
    totals, everything = by_hand.totals, by_hand.everything
    assert (everything.readers, everything.views, everything.likes) == (2, 9, 5)
    assert (totals.readers, totals.active, totals.posts, totals.shown) == (3, 2, 5, 4)
    assert (totals.like_rows, totals.doubles, totals.sessions) == (1, 1, 3)
    assert totals.again == 4  # posts 1, 2 and 3 to the first reader, post 4 to the second
    assert (totals.without_text, totals.same_text) == (1, 1)
    assert (by_hand.days, len(by_hand.splits["day"].parts)) == (8, 2)


def test_views_and_likes_are_split_as_by_hand(by_hand: Look) -> None:
    assert counts(by_hand, "topic") == {"sport": (1, 6, 2), "tech": (2, 3, 3)}
    assert counts(by_hand, "hour") == {"10:00": (1, 6, 3), "11:00": (1, 1, 0), "23:00": (1, 2, 2)}
    assert counts(by_hand, "weekday") == {"Monday": (2, 9, 5)}
    assert counts(by_hand, "week") == {"2021-10-04": (1, 7, 3), "2021-10-11": (1, 2, 2)}
    assert counts(by_hand, "day") == counts(by_hand, "week")
    # Of the sixth view of a visit; the one an hour later begins another.
    assert counts(by_hand, "place") == {"1-5": (2, 8, 4), "6-10": (1, 1, 1)}


def test_readers_are_told_by_what_they_are_and_what_is_not_known_is_said(by_hand: Look) -> None:
    members = {
        kind: {part.name: part.members for part in by_hand.splits[kind].parts}
        for kind in ("age", "gender", "country", "city", "os")
    }
    assert members == {
        "age": {"under 19": 1, "19-22": 1, "not known": 1},
        "gender": {"0": 1, "1": 2},
        "country": {"Russia": 2, "Ukraine": 1},
        "city": {"Moscow": 1, "not known": 2},
        "os": {"iOS": 2, "Android": 1},
    }
    assert counts(by_hand, "country") == {"Russia": (2, 9, 5), "Ukraine": (0, 0, 0)}


def test_ages_and_topics_are_crossed(by_hand: Look) -> None:
    assert {place: (part.views, part.likes) for place, part in by_hand.heat.items()} == {
        ("under 19", "sport"): (6, 2),
        ("under 19", "tech"): (1, 1),
        ("19-22", "tech"): (2, 2),
    }


def test_posts_are_told_by_topic_with_the_one_of_the_median_length(by_hand: Look) -> None:
    sport, tech, unknown = by_hand.topics
    assert (sport.name, sport.posts, sport.shown, sport.length) == ("sport", 3, 3, 10)
    assert (sport.example, sport.text) == (3, "in between")
    assert (tech.name, tech.example) == ("tech", 4)
    assert (unknown.name, unknown.posts, unknown.shown) == ("unknown", 1, 0)


def test_numbers_have_their_mean_and_quantiles(by_hand: Look) -> None:
    told = {spread.name: (spread.count, spread.mean) for spread in by_hand.spreads}
    assert told["age of a reader"] == (2, 18.5)
    assert told["views of a reader"] == (2, 4.5)
    assert told["sessions of a reader"] == (2, 1.5)
    assert told["posts in a session"] == (3, 3.0)
    assert told["characters of a text"] == (5, (5 + 19 + 10 + 5 + 0) / 5)
    (views,) = (one for one in by_hand.spreads if one.name == "views of a reader")
    assert views.quantiles == (2, 2, 2, 7, 7)


def test_columns_have_their_missing_values_and_their_range(by_hand: Look) -> None:
    readers, posts, feed = by_hand.tables
    assert (readers.rows, posts.rows, feed.rows) == (4, 5, 12)
    columns = {column.name: column for table in by_hand.tables for column in table.columns}
    age, city, topic, moment = (columns[name] for name in ("age", "city", "topic", "timestamp"))
    assert (age.missing, age.different, age.low, age.high) == (2, 2, "18", "19")
    assert (city.missing, city.different, city.low) == (3, 1, None)
    assert (topic.missing, topic.different) == (1, 2)
    assert (moment.missing, moment.different) == (1, None)
    assert (moment.low, moment.high) == ("2021-10-04 10:00:00", "2021-10-11 23:59:00")


def test_what_a_run_would_drop_is_what_a_run_drops(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "tables", BAD_ROWS)
    found = looked(folder)
    dropped = load(Warehouse(tmp_path / "work"), RunSettings(str(folder), ""), Silent())
    assert len(dropped) == 3
    assert [entry for table in found.tables for entry in table.dropped] == list(dropped)
    assert found.refused is None
    assert found.everything.views == 1920


def test_tables_that_a_run_refuses_are_looked_at_and_the_reason_is_told(tmp_path: Path) -> None:
    spoil = "DELETE FROM user_data WHERE user_id > 10"
    found = looked(write_tables(tmp_path, spoil))
    assert found.refused is not None
    assert "1440 of 1920 rows of feed_data cannot be used" in found.refused
    assert found.everything.views == 480


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("DELETE FROM feed_data", "the table feed_data has no view at all"),
        ("UPDATE feed_data SET action = 'like'", "the table feed_data has no view at all"),
        ("UPDATE feed_data SET user_id = 500", "1920 of 1920 rows of feed_data cannot be used"),
        ("DELETE FROM post_text_df", "the table post_text_df has no row that can be used"),
        ("ALTER TABLE user_data DROP age", "the table user_data has no column age"),
    ],
)
def test_tables_without_anything_to_look_at_end_with_a_sentence(
    tmp_path: Path, spoil: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "look.html"
    source = str(write_tables(tmp_path / "tables", spoil))
    assert cli.main(["inspect", "--source", source, "--html", str(page)]) == cli.FAILED
    told = capsys.readouterr()
    assert sentence in failure(told.err)
    assert told.out == ""


def test_a_feed_that_nobody_liked_is_looked_at(tmp_path: Path) -> None:
    found = looked(write_tables(tmp_path, "UPDATE feed_data SET target = 0"))
    assert found.refused == "feed_data.target has no like at all: there is nothing to learn from"
    assert found.everything.rate.value == found.everything.rate.low == 0
    assert 0 < found.everything.rate.high < 0.15


def test_names_that_anybody_can_make_up_are_cut_off_and_counted(tmp_path: Path) -> None:
    found = looked(write_tables(tmp_path, "UPDATE user_data SET city = 'city ' || user_id"))
    cities = found.splits["city"]
    assert len(cities.parts) == MOST_PARTS
    assert (cities.parts_left_out, cities.members_left_out) == (40 - MOST_PARTS, 40 - MOST_PARTS)


def test_a_time_with_a_zone_is_looked_at_by_the_clock_of_the_network(tmp_path: Path) -> None:
    spoil = """
        ALTER TABLE feed_data ALTER "timestamp" TYPE TIMESTAMPTZ
        USING "timestamp" AT TIME ZONE 'UTC'
    """
    found = looked(write_tables(tmp_path, spoil), timezone="Europe/Moscow")
    assert [part.name for part in found.splits["hour"].parts] == ["13:00"]


def test_csv_and_parquet_look_the_same(tmp_path: Path) -> None:
    looks = [looked(write_tables(tmp_path / end, BY_HAND, end)) for end in ("parquet", "csv")]
    assert replace(looks[0], source="") == replace(looks[1], source="")


def test_a_database_and_its_archive_look_as_the_folder_does(
    postgres_url: str, tmp_path: Path
) -> None:
    for place in (postgres_url, str(tmp_path / "folder")):
        demo_data.write(place, users=60, posts=30, days=10, seed=3)
    looks = [
        look(RunSettings(source, "", archive=archive), Silent())
        for source, archive in (
            (str(tmp_path / "folder"), None),
            (postgres_url, None),
            (postgres_url, str(tmp_path / "archive")),
        )
    ]
    assert replace(looks[0], source="") == replace(looks[1], source="")
    assert looks[1] == looks[2]
    execute(postgres_url, "DELETE FROM feed_data")
    assert cli.main(["inspect", "--source", postgres_url]) == cli.FAILED


READERS = ("age", "gender", "country", "city", "os", "source", "exp_group")
VIEWS = ("topic", "place", "hour", "weekday", "week", "day")


def total(parts: tuple[Part, ...]) -> tuple[int, int]:
    return sum(part.views for part in parts), sum(part.likes for part in parts)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(1, 1_000_000))
def test_whatever_views_are_split_by_the_parts_add_up_to_all(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    spoil = f"""
        SELECT setseed({seed} / 1000001);
        UPDATE user_data SET age = nullif(10 + (90 * random())::INT, 50),
            country = nullif('country ' || (3 * random())::INT, 'country 2');
        UPDATE feed_data SET "timestamp" = "timestamp" + to_seconds((90000 * random())::INT),
            target = (random() < 0.2)::INT,
            action = CASE WHEN random() < 0.1 THEN 'like' ELSE 'view' END,
            post_id = 1 + (31 * random())::INT;
    """
    found = looked(write_tables(tmp_path_factory.mktemp("split"), spoil))
    everything = (found.everything.views, found.everything.likes)
    for kind in READERS + VIEWS:
        assert found.splits[kind].parts_left_out == 0
        assert total(found.splits[kind].parts) == everything, kind
    for kind in READERS:
        assert sum(part.members for part in found.splits[kind].parts) == found.totals.readers
    assert total(tuple(found.heat.values())) == everything
    dropped = sum(entry.rows for entry in found.tables[-1].dropped)
    assert found.tables[-1].rows == dropped + everything[0] + found.totals.like_rows


def test_the_terminal_tells_all_within_80_columns_without_a_colour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(write_tables(tmp_path, BAD_ROWS))
    assert cli.main(["inspect", "--source", source]) == cli.OK
    told, log = capsys.readouterr()
    assert max(map(len, told.splitlines())) <= 80
    result = events(log)[-1]
    assert (result["event"], result["command"], result["taken"]) == ("result", "inspect", True)
    assert "\x1b" not in told
    assert told.endswith("\nA run would take these tables.\n")
    assert "A run would drop 5 rows (unknown reader: 3, action is neither view nor" in told
    assert re.search(r"^Moscow +40 +100\.00 +█+ +16\.67 ", told, re.MULTILINE)
    assert re.search(r"^10:00 +\d+ +[\d,]+ +\d+\.\d\d +\d+\.\d\d-\d+\.\d\d +█+", told, re.MULTILINE)


def test_what_a_terminal_would_obey_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil = """
        UPDATE post_text_df SET text = chr(27) || '[2J' || chr(7) || 'text', topic = chr(155);
        UPDATE user_data SET city = chr(27) || ']0;title' || chr(7), country = '[red]Russia[/red]';
    """
    source = str(write_tables(tmp_path, spoil))
    assert cli.main(["inspect", "--source", source]) == cli.OK
    told = capsys.readouterr().out
    assert all(letter.isprintable() for letter in told.replace("\n", ""))
    assert "[red]Russia[/red]" in told


def test_a_page_that_cannot_be_written_is_named_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "no folder" / "look.html"
    with pytest.raises(SystemExit) as ended:
        cli.main(["inspect", "--source", str(tmp_path), "--html", str(page)])
    assert ended.value.code == cli.USAGE
    assert "the page cannot be written" in capsys.readouterr().err


def test_a_look_in_the_folder_of_a_run_that_died_lets_the_next_run_begin_anew(
    tmp_path: Path,
) -> None:
    (tmp_path / "work").mkdir()
    kept = tmp_path / "work" / "run.json"
    kept.write_text("{}")
    look(RunSettings(str(write_tables(tmp_path / "s")), "", work=tmp_path / "work"), Silent())
    assert not kept.exists()
