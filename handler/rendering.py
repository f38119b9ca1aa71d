"""The bytes of an answer. A post's own are made once, and kept for the next reader.

What `json.dumps` makes of an answer, without making the answer first: validating and writing five
posts would take longer than finding them.
"""

import json
from collections.abc import Iterable
from functools import lru_cache, partial

from handler.reasons import Reason
from handler.tables import Posts

_KEPT_POSTS = 10_000
"""A post is about two kilobytes."""


class Renderer:
    """Writes posts of one catalogue.

    Args:
        posts: the catalogue.
    """

    def __init__(self, posts: Posts) -> None:
        self._posts = posts
        # Not a method: it would hold itself, and the release, until garbage is looked for.
        self._post = lru_cache(_KEPT_POSTS)(partial(_written, posts))

    def posts(self, rows: Iterable[int]) -> bytes:
        """A list of posts by their rows."""
        return _list(b"{%b}" % self._post(row) for row in rows)

    def scored_posts(self, rows: Iterable[int], scores: Iterable[float]) -> bytes:
        """A list of posts by their rows, each with its score."""
        return _list(
            b'{%b,"score":%b}' % (self._post(row), _number(score))
            for row, score in zip(rows, scores, strict=True)
        )

    def explained_posts(
        self,
        rows: Iterable[int],
        scores: Iterable[float],
        reasons: Iterable[Iterable[Reason]],
    ) -> bytes:
        """A list of posts by their rows, each with its score and why it is there."""
        return _list(
            b'{%b,"score":%b,"reasons":%b}'
            % (self._post(row), _number(score), _list(map(_reason, why)))
            for row, score, why in zip(rows, scores, reasons, strict=True)
        )

    def scores(self, rows: Iterable[int], scores: Iterable[float]) -> bytes:
        """A list of the posts' ids and scores."""
        ids = self._posts.ids
        return _list(
            b'{"id":%d,"score":%b}' % (ids[row], _number(score))
            for row, score in zip(rows, scores, strict=True)
        )


def fields(**values: str | int | list[int]) -> bytes:
    """The inside of an object: what stands between its braces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()[1:-1]


def _written(posts: Posts, row: int) -> bytes:
    return fields(
        id=int(posts.ids[row]),
        text=posts.texts[row].as_py(),
        topic=posts.topics[row].as_py(),
    )


def _reason(reason: Reason) -> bytes:
    return b"{%b}" % fields(reason=reason.code, text=reason.text)


def _list(items: Iterable[bytes]) -> bytes:
    return b"[%b]" % b",".join(items)


def _number(value: float) -> bytes:
    # As json.dumps writes it: the shortest text that reads as the same number.
    return repr(value).encode()
