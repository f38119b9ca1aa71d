"""Calls that are not well formed: 422 and a sentence that says what is wrong."""

import pytest

from tests.handler.client import Client

MOST = 2**63 - 1
NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
TOO_LONG = "Unable to parse input string as an integer, exceeded maximum size"
NO_OBJECT = "body: Input should be a JSON object, sent as application/json"
RERANK = {"user_id": 7, "post_ids": [10, 13]}


@pytest.mark.parametrize("call", ["/post/recommendations/", "/v1/recommendations"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "id: Field required"),
        (
            "id=",
            f"id: {NO_INTEGER}, not ''",
        ),
        (
            "id=x",
            f"id: {NO_INTEGER}, not 'x'",
        ),
        (
            "id=1.5",
            f"id: {NO_INTEGER}, not '1.5'",
        ),
        (f"id={MOST + 1}", f"id: Input should be less than or equal to {MOST}, not '{MOST + 1}'"),
        (
            f"id={-MOST - 2}",
            f"id: Input should be greater than or equal to {-MOST - 1}, not '{-MOST - 2}'",
        ),
        (
            f"id={'9' * 5_000}",
            f"id: {TOO_LONG}, not '{'9' * 59}…",
        ),
        ("id=7&limit=0", "limit: Input should be greater than or equal to 1, not '0'"),
        ("id=7&limit=101", "limit: Input should be less than or equal to 100, not '101'"),
        (
            "id=7&limit=x",
            f"limit: {NO_INTEGER}, not 'x'",
        ),
        (
            "id=7&time=noon",
            "time: Input should be a valid datetime or date, input is too short, not 'noon'",
        ),
    ],
)
def test_a_parameter_that_cannot_be_is_named(
    small_client: Client, call: str, query: str, sentence: str
) -> None:
    _refused(small_client, "GET", f"{call}?{query}", sentence)


@pytest.mark.parametrize(
    ("exclude", "sentence"),
    [
        ("10,x", f"exclude.1: {NO_INTEGER}, not 'x'"),
        ("--1", f"exclude.0: {NO_INTEGER}, not '--1'"),
        ("²", f"exclude.0: {NO_INTEGER}, not '²'"),
        (
            f"{MOST + 1}",
            f"exclude.0: Input should be less than or equal to {MOST}, not '{MOST + 1}'",
        ),
        (
            "9" * 5_000,
            f"exclude.0: {TOO_LONG}, not '{'9' * 59}…",
        ),
        (
            ",".join(map(str, range(1_001))),
            "exclude: Value should have at most 1000 items after validation, not 1001",
        ),
    ],
)
def test_excluded_posts_that_cannot_be_are_named(
    small_client: Client, exclude: str, sentence: str
) -> None:
    _refused(small_client, "GET", f"/v1/recommendations?id=7&exclude={exclude}", sentence)


def test_a_thousand_posts_may_be_excluded(small_client: Client) -> None:
    exclude = ",".join(map(str, range(1_000, 2_000)))
    answer = small_client.get(f"/v1/recommendations?id=7&exclude={exclude}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"post_ids": []}, "post_ids: List should have at least 1 item after validation, not 0"),
        (
            {"post_ids": [*range(1_001)]},
            "post_ids: List should have at most 1000 items after validation, not 1001",
        ),
        ({"post_ids": 10}, "post_ids: Input should be a valid list, not 10"),
        ({"post_ids": [10, "13"]}, "post_ids.1: Input should be a valid integer, not '13'"),
        ({"post_ids": [1.5]}, "post_ids.0: Input should be a valid integer, not 1.5"),
        ({"post_ids": [True]}, "post_ids.0: Input should be a valid integer, not True"),
        ({"post_ids": [None]}, "post_ids.0: Input should be a valid integer, not None"),
        (
            {"post_ids": [MOST + 1]},
            f"post_ids.0: Input should be less than or equal to {MOST}, not {MOST + 1}",
        ),
        ({"user_id": "7"}, "user_id: Input should be a valid integer, not '7'"),
        ({"user_id": None}, "user_id: Input should be a valid integer, not None"),
        (
            {"user_id": -MOST - 2},
            f"user_id: Input should be greater than or equal to {-MOST - 1}, not {-MOST - 2}",
        ),
        (
            {"user_id": 2.0**63},
            f"user_id: Input should be less than or equal to {MOST}, not {MOST + 1}",
        ),
        ({"time": -1e-9}, "time: Input should be a time in the years 1970 to 9998, not -1e-09"),
        (
            {"time": "noon"},
            "time: Input should be a valid datetime or date, input is too short, not 'noon'",
        ),
    ],
)
def test_a_field_of_the_body_that_cannot_be_is_named(
    small_client: Client, change: dict[str, object], sentence: str
) -> None:
    _refused(small_client, "POST", "/v1/rerank", sentence, json={**RERANK, **change})


def test_an_id_may_be_written_with_a_fraction_of_zero(small_client: Client) -> None:
    whole = small_client.post("/v1/rerank", {**RERANK, "time": "2021-10-12"})
    floats = {"user_id": 7.0, "post_ids": [10.0, 13.0], "time": "2021-10-12"}
    assert small_client.post("/v1/rerank", floats).json() == whole.json()


def test_a_field_that_is_missing_is_named(small_client: Client) -> None:
    _refused(small_client, "POST", "/v1/rerank", "user_id: Field required", json={"post_ids": [1]})
    _refused(small_client, "POST", "/v1/rerank", "post_ids: Field required", json={"user_id": 1})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "body: Field required"),
        (b"null", NO_OBJECT),
        (b"{", "body: not JSON at character 1: Expecting property name enclosed in double quotes"),
        (b"\xff\xfe", "body: not JSON at character 0: Expecting value"),
        (b"[]", NO_OBJECT),
        (b'"text"', NO_OBJECT),
        (b"[" * 100_000, "body: it cannot be read as JSON"),
        (b'{"user_id": ' + b"9" * 5_000 + b"}", "body: it cannot be read as JSON"),
        (b'{"user_id": \xff}', "body: it cannot be read as JSON"),
        (b'{"user_id": NaN, "post_ids": [1]}', "user_id: Input should be a valid integer, not nan"),
        (
            b'{"user_id": 1e999, "post_ids": []}',
            "user_id: Input should be a valid integer, not inf",
        ),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    small_client: Client, content: bytes, sentence: str
) -> None:
    headers = {"Content-Type": "application/json"}
    _refused(small_client, "POST", "/v1/rerank", sentence, content=content, headers=headers)


def test_a_body_that_is_not_called_json_is_refused(small_client: Client) -> None:
    content = b'{"user_id": 7, "post_ids": [10]}'
    _refused(small_client, "POST", "/v1/rerank", NO_OBJECT, content=content)
    headers = {"Content-Type": "text/plain"}
    _refused(small_client, "POST", "/v1/rerank", NO_OBJECT, content=content, headers=headers)


def test_an_unknown_path_and_a_wrong_method_are_told_in_json(small_client: Client) -> None:
    unknown = small_client.get("/v1/nothing")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
    wrong = small_client.request("DELETE", "/v1/rerank")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    assert wrong.headers["allow"] == "POST"


def test_parameters_that_a_call_does_not_know_are_passed_over(small_client: Client) -> None:
    known = small_client.get("/post/recommendations/?id=7&time=2021-10-12")
    assert (
        small_client.get("/post/recommendations/?id=7&time=2021-10-12&x=1").json() == known.json()
    )


def _refused(client: Client, method: str, url: str, sentence: str, **options: object) -> None:
    answer = client.request(method, url, **options)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"detail": sentence}
