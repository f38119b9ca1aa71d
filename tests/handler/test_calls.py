"""What each call answers when it is well formed."""

from datetime import UTC, datetime

from fastapi import FastAPI

from handler.problems import add_problem_handlers
from tests.handler import small
from tests.handler.client import Client
from tests.handler.conftest import Small
from tests.support.releases import Trained

NOON = "2021-10-12T12:00:00"


def test_the_networks_contract_is_kept_to_the_letter(client: Client) -> None:
    answer = client.get("/post/recommendations/", id=203, time=NOON, limit=3)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    posts = answer.json()
    assert len(posts) == 3
    for post in posts:
        assert [*post] == ["id", "text", "topic"]
        assert [type(value) for value in post.values()] == [int, str, str]


def test_the_networks_contract_has_five_posts_unless_asked_otherwise(client: Client) -> None:
    answer = client.get("/post/recommendations/", id=203, time=NOON)
    assert answer.json() == client.get("/post/recommendations/", id=203, time=NOON, limit=5).json()
    assert len(answer.json()) == 5


def test_the_networks_contract_without_its_last_slash_leads_to_it(client: Client) -> None:
    answer = client.get("/post/recommendations", id=203)
    assert answer.status_code == 307
    assert answer.headers["location"] == "http://lenta/post/recommendations/?id=203"


def test_recommendations_say_what_answered(client: Client, trained: Trained) -> None:
    answer = client.get("/v1/recommendations", id=203, time=NOON).json()
    posts = answer.pop("recommendations")
    assert answer == {
        "user_id": 203,
        "exp_group": "control",
        "release": trained.manifest.release,
        "source": "model",
    }
    assert [*posts[0]] == ["id", "text", "topic", "score"]
    assert len(posts) == 5


def test_both_calls_recommend_the_same(client: Client) -> None:
    for reader in (203, 1_000_000):
        old = client.get("/post/recommendations/", id=reader, time=NOON, limit=20).json()
        new = client.get("/v1/recommendations", id=reader, time=NOON, limit=20).json()
        for post in new["recommendations"]:
            del post["score"]
        assert old == new["recommendations"]


def test_texts_and_topics_are_those_of_the_post(small_client: Client) -> None:
    posts = small_client.get("/post/recommendations/", id=7, time=NOON, limit=100).json()
    columns = small.posts_columns()
    texts = dict(zip(small.POSTS, columns["text"].to_pylist(), strict=True))
    topics = dict(zip(small.POSTS, columns["topic"].to_pylist(), strict=True))
    for post in posts:
        assert (post["text"], post["topic"]) == (texts[post["id"]], topics[post["id"]])


def test_a_reader_unknown_to_the_release_gets_a_feed(client: Client) -> None:
    for reader in (10**12, -1, 0, 2**63 - 1, -(2**63)):
        answer = client.get("/v1/recommendations", id=reader)
        assert answer.status_code == 200
        assert answer.json()["user_id"] == reader
        assert answer.json()["source"] == "cold_start"
        assert len(answer.json()["recommendations"]) == 5


def test_a_reader_with_a_negative_id_is_known_like_any_other(small_client: Client) -> None:
    answer = small_client.get("/v1/recommendations", id=-6, time=NOON, limit=100).json()
    assert answer["source"] == "model"
    assert [post["id"] for post in answer["recommendations"]] == small.feed(-6, 12)


def test_excluded_posts_may_be_repeated_or_joined_by_commas(small_client: Client) -> None:
    best = small.feed(7, 12)[:4]
    for query in (
        f"exclude={best[0]},{best[1]},{best[2]}",
        f"exclude={best[0]}&exclude={best[1]}&exclude={best[2]}",
        f"exclude={best[0]}, {best[1]},&exclude=&exclude={best[2]},{best[2]},-5,{2**63 - 1}",
    ):
        answer = small_client.get(f"/v1/recommendations?id=7&time={NOON}&limit=1&{query}").json()
        assert [post["id"] for post in answer["recommendations"]] == [best[3]]


def test_rerank_orders_the_given_posts_and_lists_unknown_ones_apart(
    small_client: Client, small_release: Small
) -> None:
    given = [small.POSTS[5], 5, small.POSTS[1], small.POSTS[5], small.FORGOTTEN, 5, small.POSTS[9]]
    answer = small_client.post("/v1/rerank", {"user_id": 9, "time": NOON, "post_ids": given}).json()
    known = [post for post in small.POSTS if post in given]
    known.sort(key=lambda post: -small.score(9, 12, post))
    assert answer == {
        "user_id": 9,
        "exp_group": "control",
        "release": small_release.manifest.release,
        "source": "model",
        "posts": [{"id": post, "score": small.score(9, 12, post)} for post in known],
        "unknown_post_ids": [5, small.FORGOTTEN],
    }


def test_rerank_of_unknown_posts_alone_is_empty(small_client: Client) -> None:
    answer = small_client.post("/v1/rerank", {"user_id": 9, "post_ids": [-(2**63), 2**63 - 1]})
    assert answer.status_code == 200
    assert answer.json()["posts"] == []
    assert answer.json()["unknown_post_ids"] == [-(2**63), 2**63 - 1]


def test_rerank_keeps_posts_that_the_reader_has_liked(small_client: Client) -> None:
    liked = small.liked(9)
    answer = small_client.post("/v1/rerank", {"user_id": 9, "post_ids": liked}).json()
    assert {post["id"] for post in answer["posts"]} == {*liked} - {small.FORGOTTEN}
    assert answer["unknown_post_ids"] == [small.FORGOTTEN]


def test_rerank_takes_a_thousand_posts(client: Client) -> None:
    answer = client.post("/v1/rerank", {"user_id": 203, "post_ids": [*range(1_000)]}).json()
    assert len(answer["posts"]) + len(answer["unknown_post_ids"]) == 1_000


def test_health_says_which_release_is_served_and_how_old_its_features_are(
    client: Client, trained: Trained
) -> None:
    manifest = trained.manifest
    before = datetime.now(UTC)
    answer = client.get("/healthz").json()
    age = answer.pop("feature_age_seconds")
    until = manifest.data.until.replace(tzinfo=UTC)  # the network's clock is UTC
    seconds = [int((at - until).total_seconds()) for at in (before, datetime.now(UTC))]
    assert seconds[0] - 1 <= age <= seconds[1] + 1
    assert answer == {
        "status": "ok",
        "release": manifest.release,
        "exp_group": "control",
        "created_at": manifest.created_at.isoformat().replace("+00:00", "Z"),
        "data_until": manifest.data.until.isoformat(),
        "readers": manifest.data.readers,
        "posts": manifest.data.posts,
    }


def test_the_documentation_is_served(client: Client) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "/openapi.json" in answer.text
    assert client.get("/openapi.json").json()["info"]["title"] == "Lenta"


def test_a_fault_of_ours_is_told_in_json_without_its_traceback() -> None:
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/fault")
    async def fault() -> None:
        raise ZeroDivisionError("a secret")

    with Client(app, raise_faults=False) as client:
        answer = client.get("/fault")
    assert answer.status_code == 500
    assert answer.json() == {"detail": "the call failed by a fault of ours; the log says more"}
