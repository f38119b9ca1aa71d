"""When a feed is shown: however the time is written, the network's own clock decides."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.errors import BrokenRelease
from handler.api import create_app
from handler.clock import network_seconds, zone_named
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client

READER = 1  # its fondness is 0, so the hour alone decides
NO_TIME = "Input should be a valid datetime or date"
NO_YEAR = "Input should be a time in the years 1970 to 9998"
TWELVE_UTC = 1_634_040_000  # 2021-10-12T12:00:00Z


@pytest.fixture(scope="module")
def moscow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    store = tmp_path_factory.mktemp("moscow") / "store"
    small.put(store, zone="Europe/Moscow")
    with Client(create_app(Settings(store=str(store)))) as client:
        yield client


def _hour(client: Client, query: str) -> float:
    """The hour that a feed was made for: the best post's lateness is 1, and that is its factor."""
    answer = client.get(f"/v1/recommendations?id={READER}&{query}")
    assert answer.status_code == 200, answer.text
    score: float = answer.json()["recommendations"][0]["score"]
    return score


@pytest.mark.parametrize(
    "time",
    [
        "2021-10-12T12:00:00",
        "2021-10-12T12:59:59.999",
        "2021-10-12 12:00",
        "2021-10-12T12:00:00Z",
        "2021-10-12T15:00:00%2B03:00",
        "2021-10-12T15:00:00%2B0300",
        "2021-10-12T15:00:00+03:00",
        "2021-10-12T15:00:00.25+0300",
        "2021-10-12%2015:00+03:00",
        "2021-10-12T07:30:00-04:30",
        f"{TWELVE_UTC}",
        f"{TWELVE_UTC}.5",
        f"{TWELVE_UTC}000",
    ],
)
def test_a_time_may_be_written_in_many_ways(small_client: Client, time: str) -> None:
    assert _hour(small_client, f"time={time}") == 12


def test_a_date_alone_is_its_midnight(small_client: Client, moscow: Client) -> None:
    assert _hour(small_client, "time=2021-10-12") == 0
    assert _hour(moscow, "time=2021-10-12") == 0


def test_a_time_without_a_zone_is_by_the_networks_own_clock(moscow: Client) -> None:
    assert _hour(moscow, "time=2021-10-12T12:00:00") == 12


def test_a_time_with_a_zone_is_turned_to_the_networks_clock(moscow: Client) -> None:
    naive = moscow.get("/v1/recommendations?id=7&limit=100&time=2021-10-12T12:00:00").json()
    for time in ("2021-10-12T09:00:00Z", "2021-10-12T12:00:00%2B03:00", f"{TWELVE_UTC - 10_800}"):
        same = moscow.get(f"/v1/recommendations?id=7&limit=100&time={time}").json()
        assert same == naive


def test_a_rerank_reads_the_time_as_recommendations_do(moscow: Client) -> None:
    for time in ("2021-10-12T12:00:00", "2021-10-12T09:00:00Z", TWELVE_UTC - 10_800):
        answer = moscow.post(
            "/v1/rerank", {"user_id": READER, "time": time, "post_ids": small.POSTS}
        )
        assert answer.json()["posts"][0]["score"] == 12


def test_a_feed_is_for_now_unless_a_time_is_given(small_client: Client, moscow: Client) -> None:
    for client, zone in ((small_client, UTC), (moscow, ZoneInfo("Europe/Moscow"))):
        hours = {datetime.now(zone).hour}
        found = _hour(client, "limit=1")
        hours.add(datetime.now(zone).hour)  # it may have struck meanwhile
        assert found in hours


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        ("", f"{NO_TIME}, input is too short, not ''"),
        ("nan", f"{NO_TIME}, input is too short, not 'nan'"),
        ("2021-02-30", f"{NO_TIME}, day value is outside expected range, not '2021-02-30'"),
        ("1969-12-31T23:59:59", f"{NO_YEAR}, not '1969-12-31T23:59:59'"),
        ("-1", f"{NO_YEAR}, not '-1'"),
        ("-0.0000001", f"{NO_YEAR}, not '-0.0000001'"),
        ("1.5e-7", f"{NO_YEAR}, not '1.5e-7'"),
        ("0001-01-01T00:00:00%2B14:00", f"{NO_YEAR}, not '0001-01-01T00:00:00+14:00'"),
        ("9999-12-31T23:59:59-14:00", f"{NO_YEAR}, not '9999-12-31T23:59:59-14:00'"),
        (
            "9" * 16,
            f"{NO_TIME}, dates after 9999 are not supported as unix timestamps, not '{'9' * 16}'",
        ),
    ],
)
def test_what_is_no_time_is_refused(small_client: Client, time: str, sentence: str) -> None:
    answer = small_client.get(f"/v1/recommendations?id=7&time={time}")
    assert (answer.status_code, answer.json()) == (422, {"detail": f"time: {sentence}"})


@pytest.mark.parametrize(
    "time", ["1970-01-01", "1970-01-01T00:00:00%2B14:00", "9998-12-31T23:59:59-14:00"]
)
def test_the_first_and_the_last_time_get_a_feed(
    small_client: Client, moscow: Client, time: str
) -> None:
    for client in (small_client, moscow):
        assert client.get(f"/post/recommendations/?id=7&time={time}").status_code == 200


@given(
    seconds=st.integers(86_400, 2**37),
    minutes=st.integers(-14 * 60, 14 * 60),
    name=st.sampled_from(["UTC", "Europe/Moscow", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_the_zone_that_a_time_is_written_in_does_not_matter(
    seconds: int, minutes: int, name: str
) -> None:
    zone = zone_named(name)
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    local = datetime.fromtimestamp(seconds, ZoneInfo(name))
    told = network_seconds(moment, zone)
    assert told == seconds + local.utcoffset() / timedelta(seconds=1)  # type: ignore[operator]
    assert told == network_seconds(local.replace(tzinfo=None), zone)


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "../../etc/passwd", "zone.tab"])
def test_a_clock_that_is_not_in_the_systems_table_is_told_when_the_release_is_loaded(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(BrokenRelease, match="the network's clock cannot be read"):
        zone_named(name)
    small.put(tmp_path / "store", zone=name)
    with Client(create_app(Settings(store=str(tmp_path / "store")))) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "the network's clock cannot be read" in answer.json()["detail"]
