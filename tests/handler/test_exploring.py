"""Feeds whose order is drawn: by Plackett-Luce, the same for the same question, and logged."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts import experiment
from artifacts.channel import Arm
from artifacts.manifest import Manifest
from artifacts.stores import open_store
from handler.api import create_app
from handler.exploring import CANDIDATES, drawn, propensities
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.handler.events import function, http_event

TEMPERATURE = 2.0
NOON = "2021-10-12T12:00:00"
DRAWS = 20_000

scores = st.lists(st.floats(-30, 30), min_size=1, max_size=20)
temperatures = st.floats(0.05, 20)


@given(scores, temperatures, st.text())
def test_an_order_names_each_candidate_once(
    values: list[float], temperature: float, seed: str
) -> None:
    order, shares = drawn(range(len(values)), values, temperature, seed)
    assert sorted(order) == [*range(len(values))]
    assert len(shares) == len(values)
    assert all(0 <= share <= 1 for share in shares)
    assert shares[-1] == 1
    assert (order, shares) == drawn(range(len(values)), values, temperature, seed)


@given(scores, temperatures, st.text(), st.data())
def test_without_a_candidate_the_others_keep_their_order(
    values: list[float], temperature: float, seed: str, data: st.DataObject
) -> None:
    posts = [post * 7 for post in range(len(values))]
    gone = data.draw(st.integers(0, len(values) - 1))
    order, _ = drawn(posts, values, temperature, seed)
    rest = [*posts[:gone], *posts[gone + 1 :]]
    shorter, _ = drawn(rest, [*values[:gone], *values[gone + 1 :]], temperature, seed)
    assert [rest[place] for place in shorter] == [posts[place] for place in order if place != gone]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), temperatures)
def test_the_probabilities_of_all_orders_add_up_to_one(
    values: list[float], temperature: float
) -> None:
    total = math.fsum(
        math.prod(propensities([values[place] for place in order], temperature))
        for order in permutations(range(len(values)))
    )
    assert total == pytest.approx(1)


def test_orders_come_as_often_as_their_propensities_say() -> None:
    values = [1.0, 0.5, -0.5]
    counts: Counter[tuple[int, ...]] = Counter()
    expected = {}
    for number in range(DRAWS):
        order, shares = drawn([10, 20, 30], values, 0.8, str(number))
        counts[tuple(order)] += 1
        expected[tuple(order)] = math.prod(shares)
    assert len(counts) == 6
    # Pearson's chi-square of five degrees of freedom is above 20.5 once in a thousand.
    statistic = sum(
        (counts[order] - DRAWS * share) ** 2 / (DRAWS * share) for order, share in expected.items()
    )
    assert statistic < 20.5


def test_a_low_temperature_is_the_order_of_scores_and_a_high_one_is_even() -> None:
    values = np.linspace(2, -2, 8).tolist()
    cold, shares = drawn(range(8), values, 0.01, "seed")
    assert cold == [*range(8)]
    assert min(shares) > 0.999
    _, shares = drawn(range(8), values, 1e6, "seed")
    assert shares == pytest.approx([1 / left for left in range(8, 0, -1)], rel=1e-4)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A store whose every reader but the control's few gets drawn feeds."""
    folder = tmp_path_factory.mktemp("explored") / "store"
    manifest = small.put(folder)
    arm = Arm(name="drawn", release=manifest.release, share=1.0, temperature=TEMPERATURE)
    experiment.start(open_store(str(folder)), "explore", [arm])
    return folder, manifest


@pytest.fixture(scope="module")
def explored(store: tuple[Path, Manifest]) -> Iterator[Client]:
    with Client(create_app(Settings(str(store[0])))) as client:
        yield client


def feed(client: Client, reader: int, limit: int, more: str = "") -> list[int]:
    answer = client.get(f"/v1/recommendations?id={reader}&time={NOON}&limit={limit}{more}")
    assert answer.status_code == 200, answer.text
    return [post["id"] for post in answer.json()["recommendations"]]


def test_the_same_question_gets_the_same_draw_and_another_another(explored: Client) -> None:
    assert feed(explored, 7, 10) == feed(explored, 7, 10)
    others = [feed(explored, reader, 10) for reader in (30, 31, 32)]  # of unknown readers
    assert len({*map(tuple, others)}) == 3


@given(reader=st.integers(0, 50), limit=st.integers(1, 39))
def test_a_shorter_drawn_feed_is_the_beginning_of_a_longer_one(
    explored: Client, reader: int, limit: int
) -> None:
    assert feed(explored, reader, limit) == feed(explored, reader, limit + 1)[:limit]


def test_the_best_are_drawn_among_and_the_rest_stays_in_order(explored: Client) -> None:
    best = small.feed(7, 12)
    found = feed(explored, 7, 100)
    assert sorted(found[:CANDIDATES]) == sorted(best[:CANDIDATES])
    assert found[:CANDIDATES] != best[:CANDIDATES]
    assert found[CANDIDATES:] == best[CANDIDATES:]


def test_each_post_keeps_its_score_and_its_reasons(explored: Client) -> None:
    answer = explored.get(f"/v1/recommendations?id=7&time={NOON}&limit=30&explain=true").json()
    for post in answer["recommendations"]:
        assert post["score"] == small.score(7, 12, post["id"])
    assert answer["exp_group"] == "drawn"


def test_what_is_left_out_is_not_drawn(explored: Client) -> None:
    gone = feed(explored, 7, 3)
    rest = feed(explored, 7, 3, f"&exclude={gone[0]}")
    assert gone[0] not in rest


def test_a_re_ranking_is_never_drawn(explored: Client) -> None:
    answer = explored.post("/v1/rerank", {"user_id": 7, "time": NOON, "post_ids": small.POSTS})
    found = [post["score"] for post in answer.json()["posts"]]
    assert found == sorted(found, reverse=True)


def test_the_log_tells_how_the_order_came_about(
    store: tuple[Path, Manifest], capsys: pytest.CaptureFixture[str]
) -> None:
    send = function(Settings(str(store[0]), reader_hash_key="key"))
    capsys.readouterr()
    answer = json.loads(send(http_event("/v1/recommendations", f"id=7&time={NOON}"))["body"])
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    exposure = line["exposure"]
    shown = [post["id"] for post in answer["recommendations"]]
    assert exposure["posts"] == shown
    assert (exposure["experiment"], exposure["arm"], exposure["share"]) == ("explore", "drawn", 1.0)
    explored = exposure["exploration"]
    assert explored["temperature"] == TEMPERATURE
    best = small.feed(7, 12)[:CANDIDATES]
    assert explored["posts"] == best
    assert explored["scores"] == [small.score(7, 12, post) for post in best]
    rest = [post for post in best if post not in shown]
    order = [small.score(7, 12, post) for post in (*shown, *rest)]
    assert explored["propensities"] == pytest.approx(propensities(order, TEMPERATURE)[:5], rel=1e-5)
