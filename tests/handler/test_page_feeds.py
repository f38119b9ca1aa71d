"""What the feed page shows: what the API would answer, beside posts drawn at random."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from artifacts import experiment
from artifacts.channel import Arm
from artifacts.manifest import Manifest
from artifacts.moves import promote
from artifacts.stores import open_store
from handler.api import create_app
from handler.page import FEEDS
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.handler.conftest import Small
from tests.handler.events import function, http_event

NOON = "2021-10-12T12:00:00"
STRANGER = 12345


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest, Manifest]:
    """Two releases, one of which half of the readers get in drawn order; with markup in texts."""
    folder = tmp_path_factory.mktemp("arms") / "store"
    control = small.put(folder)
    texts = pa.array(["<script>alert(1)</script>" for _ in small.POSTS])
    changed = {"posts.parquet": small.parquet({**small.posts_columns(), "text": texts})}
    treatment = small.put(folder, changed)
    promote(open_store(str(folder)), control.release)
    arm = Arm(name="treatment", release=treatment.release, share=0.5, temperature=2.0)
    experiment.start(open_store(str(folder)), "bigger", [arm])
    return folder, control, treatment


@pytest.fixture(scope="module")
def in_arms(store: tuple[Path, Manifest, Manifest]) -> Iterator[Client]:
    with Client(create_app(Settings(str(store[0])))) as client:
        yield client


def shown(client: Client, **query: object) -> dict[str, Any]:
    answer = client.get(FEEDS, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_recommended_feed_is_what_the_api_answers(small_client: Client) -> None:
    for reader in (7, STRANGER):
        found = shown(small_client, id=reader, time=NOON, limit=10)
        api = small_client.get(
            "/v1/recommendations", id=reader, time=NOON, limit=10, explain=True
        ).json()
        assert found["recommended"] == api["recommendations"]
        assert (found["release"], found["source"]) == (api["release"], api["source"])
        assert found["arm"] == api["exp_group"]
        assert found["milliseconds"] > 0


def test_the_random_feed_is_of_the_catalogue_with_the_scores_of_the_model(
    small_client: Client,
) -> None:
    found = shown(small_client, id=7, time=NOON, limit=10)["random"]
    assert len({post["id"] for post in found}) == 10
    for post in found:
        assert post["id"] in small.POSTS
        assert post["score"] == small.score(7, 12, post["id"])
        assert post["text"] == f"Пост № {post['id']}"


def test_the_random_feed_is_the_same_again_and_another_for_another_reader_or_time(
    small_client: Client,
) -> None:
    def drawn(**query: object) -> list[int]:
        return [post["id"] for post in shown(small_client, limit=10, **query)["random"]]

    assert drawn(id=7, time=NOON) == drawn(id=7, time=NOON)
    assert drawn(id=7, time=NOON) != drawn(id=8, time=NOON)
    assert drawn(id=7, time=NOON) != drawn(id=7, time="2021-10-12T13:00:00")


def test_every_post_is_drawn_about_as_often(small_client: Client) -> None:
    counts = Counter(
        post["id"]
        for reader in range(1000, 1400)
        for post in shown(small_client, id=reader, time=NOON)["random"]
    )
    # Of each of 40 posts 50. Chi-square of 39 degrees is above 72.1 once in a thousand.
    expected = 400 * 5 / len(small.POSTS)
    assert sum((counts[post] - expected) ** 2 / expected for post in small.POSTS) < 72.1


def test_a_feed_is_as_long_as_the_catalogue_at_most(small_client: Client) -> None:
    found = shown(small_client, id=7, time=NOON, limit=100)
    assert len(found["random"]) == len(small.POSTS)
    assert len(found["recommended"]) == len(small.feed(7, 12))
    nothing_left = shown(small_client, id=small.LIKED_EVERYTHING, time=NOON)
    assert nothing_left["recommended"] == []
    assert len(nothing_left["random"]) == 5


def test_who_the_reader_is_is_told_in_the_names_of_the_manifest(small_client: Client) -> None:
    reader = shown(small_client, id=7, time=NOON)["reader"]
    liked = [post for post in small.liked(7) if post in small.POSTS]
    topics = Counter(("sport", "tech")[post % 2] for post in liked)
    assert reader["facts"] == [["fondness", small.fondness(7)]]
    assert reader["likes"] == len(small.liked(7))
    assert dict(reader["liked_topics"]) == topics
    assert {post["id"] for post in shown(small_client, id=7)["liked"]} == {*liked}


def test_what_was_liked_lately_is_told_newest_first(tmp_path: Path, small_client: Client) -> None:
    ordered = {
        f"users/{shard:05d}.parquet": small.parquet(
            small.readers_columns(shard), liked="newest first"
        )
        for shard in range(small.SHARDS)
    }
    small.put(tmp_path, ordered)
    with Client(create_app(Settings(str(tmp_path)))) as client:
        found = shown(client, id=small.LIKED_EVERYTHING, time=NOON)
        assert found["reader"]["lately"] is True
        assert [post["id"] for post in found["liked"]] == small.liked(small.LIKED_EVERYTHING)[:5]
    older = shown(small_client, id=small.LIKED_EVERYTHING, time=NOON)
    assert older["reader"]["lately"] is False


def test_of_a_stranger_nothing_is_told(small_client: Client) -> None:
    found = shown(small_client, id=STRANGER, time=NOON)
    assert found["source"] == "cold_start"
    assert found["liked"] == found["reader"]["facts"] == found["reader"]["liked_topics"] == []
    assert found["reader"]["id"] == str(STRANGER)


def test_a_reader_nobody_knows_gets_the_feed_of_a_stranger(small_client: Client) -> None:
    found = shown(small_client, nobody="true", time=NOON)
    stranger = shown(small_client, id=STRANGER, time=NOON)
    assert found["reader"]["id"] is None
    assert found["source"] == "cold_start"
    assert found["recommended"] == stranger["recommended"]


def test_without_an_id_a_reader_is_found_whom_the_release_knows(small_client: Client) -> None:
    found = shown(small_client)
    assert int(found["reader"]["id"]) in small.READERS
    assert found["source"] == "model"


def test_one_comes_from_reader_to_reader(small_client: Client) -> None:
    def near(reader: int) -> tuple[str | None, str | None]:
        found = shown(small_client, id=reader, time=NOON)["reader"]
        return found["before"], found["after"]

    assert near(6) == ("0", "12")
    assert near(-6) == (None, "0")
    assert near(18) == ("12", None)
    assert near(18 + 6 * small.SHARDS) == ("18", None)  # whom nobody knows


def test_ids_are_texts_for_they_may_be_longer_than_javascripts_numbers(
    small_client: Client,
) -> None:
    assert shown(small_client, id=2**63 - 1)["reader"]["id"] == "9223372036854775807"


def test_without_a_time_it_is_this_time_of_day_just_after_the_data(
    small_release: Small, small_client: Client
) -> None:
    until = small_release.manifest.data.until
    for query in ({"id": 7}, {"nobody": "true"}):
        time = datetime.fromisoformat(shown(small_client, **query)["time"])
        assert -60 < (time - until).total_seconds() < 86_400
        now = datetime.now(UTC).replace(tzinfo=None)  # which is the small network's clock
        assert (now - time).total_seconds() % 86_400 < 120


def test_a_time_is_told_by_the_networks_own_clock(small_client: Client) -> None:
    found = shown(small_client, id=7, time="2021-10-12T15:00:00+03:00")
    assert found["time"] == NOON


def test_a_reader_can_be_shown_in_every_arm(
    in_arms: Client, store: tuple[Path, Manifest, Manifest]
) -> None:
    _, control, treatment = store
    own = shown(in_arms, id=7, time=NOON)
    assert own["experiment"] == "bigger"
    assert own["arms"] == [
        {"name": "control", "release": control.release, "share": 0.5},
        {"name": "treatment", "release": treatment.release, "share": 0.5},
    ]
    api = in_arms.get("/v1/recommendations", id=7, time=NOON).json()
    assert own["arm"] == api["exp_group"]
    for arm, release in (("control", control), ("treatment", treatment)):
        found = shown(in_arms, id=7, time=NOON, arm=arm)
        assert (found["arm"], found["release"]) == (arm, release.release)
    assert shown(in_arms, nobody="true", arm="treatment")["arm"] == "treatment"


def test_an_arm_that_explores_shows_the_draw_that_its_readers_get(in_arms: Client) -> None:
    treated = next(
        reader for reader in range(100)
        if in_arms.get("/v1/recommendations", id=reader).json()["exp_group"] == "treatment"
    )  # fmt: skip
    api = in_arms.get("/v1/recommendations", id=treated, time=NOON).json()["recommendations"]
    found = shown(in_arms, id=treated, time=NOON)["recommended"]
    assert [post["id"] for post in found] == [post["id"] for post in api]


def test_what_is_looked_at_is_no_exposure(
    store: tuple[Path, Manifest, Manifest], capsys: pytest.CaptureFixture[str]
) -> None:
    send = function(Settings(str(store[0]), reader_hash_key="key"))
    capsys.readouterr()
    for query in ("id=7", "id=7&arm=treatment", "nobody=true"):
        assert send(http_event(FEEDS, query))["statusCode"] == 200
        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert line["status"] == 200
        assert "exposure" not in line
        assert "Fallback" not in line


def test_markup_in_a_text_stays_text(in_arms: Client) -> None:
    answer = in_arms.get(FEEDS, id=7, arm="treatment")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["recommended"][0]["text"] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"id": "seven"}, "id: Input should be a valid integer"),
        ({"limit": 0}, "limit: Input should be greater than or equal to 1, not '0'"),
        ({"limit": 101}, "limit: Input should be less than or equal to 100, not '101'"),
        ({"time": "noon"}, "time: Input should be a valid datetime"),
        ({"nobody": "perhaps"}, "nobody: Input should be a valid boolean"),
        ({"arm": "x"}, "arm: Input should be the name of an arm that is served, not 'x'"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    small_client: Client, query: dict[str, object], said: str
) -> None:
    answer = small_client.get(FEEDS, **query)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)


def test_without_a_release_it_is_503() -> None:
    with Client(create_app(Settings(""))) as client:
        answer = client.get(FEEDS)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of the app that serves a release which tells of new readers."""
    folder = tmp_path_factory.mktemp("telling") / "store"
    small.put(folder, {"newcomers.parquet": small.parquet(small.newcomers_columns())})
    with Client(create_app(Settings(str(folder)))) as client:
        yield client


def test_a_new_reader_gets_the_feed_of_their_profile(telling: Client) -> None:
    for kind, fondness in small.NEWCOMERS.items():
        found = shown(telling, newcomer="/".join(kind), time=NOON, limit=100)
        scores = {
            post: fondness * small.quality(post) + 12 * small.lateness(post) for post in small.POSTS
        }
        expected = sorted(small.POSTS, key=lambda post: -scores[post])
        assert [post["id"] for post in found["recommended"]] == expected
        assert {post["id"]: post["score"] for post in found["random"]} == scores
        assert found["reader"] | {"before": None, "after": None} == {
            "id": None, "before": None, "after": None, "likes": 0, "liked_topics": [],
            "lately": False, "facts": [["fondness", fondness]],
        }  # fmt: skip
        assert found["source"] == "model"


def test_the_profiles_to_choose_from_are_told_where_a_new_reader_is_asked_for(
    telling: Client,
) -> None:
    told = {"fields": ["age", "place"], "kinds": [[*kind] for kind in small.NEWCOMERS]}
    assert shown(telling, nobody="true")["newcomers"] == told
    assert shown(telling, newcomer="young/B")["newcomers"] == told
    assert shown(telling, id=7)["newcomers"] is None


def test_a_release_made_before_there_were_profiles_tells_of_none(small_client: Client) -> None:
    assert shown(small_client, nobody="true")["newcomers"] is None
    assert small_client.get(FEEDS, newcomer="young/B").status_code == 422


@pytest.mark.parametrize("named", ["young", "young/C", "B/young", "young/B/", "x" * 201])
def test_a_profile_that_the_release_does_not_have_is_refused_with_a_sentence(
    telling: Client, named: str
) -> None:
    answer = telling.get(FEEDS, newcomer=named)
    assert answer.status_code == 422
    said = "have at most 200 characters" if len(named) > 200 else "be a profile that the release"
    assert answer.json()["detail"].startswith("newcomer: ")
    assert said in answer.json()["detail"]


BROKEN_NEWCOMERS: dict[str, dict[str, pa.Array]] = {
    "nothing": {name: column[:0] for name, column in small.newcomers_columns().items()},
    "numbers": {**small.newcomers_columns(), "age": pa.array([1, 2, 3])},
    "nulls": {**small.newcomers_columns(), "age": pa.array(["a", None, "b"])},
    "wide": {**small.newcomers_columns(), "features": small.rows([[1, 2]] * 3, 2)},
    "none": {"age": pa.array(["a"])},
}


@pytest.mark.parametrize("broken", BROKEN_NEWCOMERS)
def test_where_the_profiles_are_broken_all_others_are_still_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    small.put(tmp_path, {"newcomers.parquet": small.parquet(BROKEN_NEWCOMERS[broken])})
    with Client(create_app(Settings(str(tmp_path)))) as client:
        refused = client.get(FEEDS, newcomer="young/B")
        assert refused.status_code == 503
        assert "new readers' profiles cannot be had now" in refused.json()["detail"]
        assert "newcomers.parquet" in capsys.readouterr().out
        assert shown(client, nobody="true")["newcomers"] is None
        assert shown(client, id=7)["source"] == "model"


def test_no_call_reads_the_profiles_but_the_page(tmp_path: Path) -> None:
    manifest = small.put(tmp_path, {"newcomers.parquet": small.parquet(small.newcomers_columns())})
    (tmp_path / "releases" / manifest.release / "newcomers.parquet").unlink()
    with Client(create_app(Settings(str(tmp_path)))) as client:
        for path in ("/v1/recommendations", "/post/recommendations/", FEEDS):
            assert client.get(path, id=7, time=NOON).status_code == 200
        assert client.get(FEEDS, newcomer="young/B").status_code == 503
