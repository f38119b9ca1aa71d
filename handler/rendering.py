"""The bytes of an answer.

What `json.dumps` makes of an answer, without making the answer first: validating and writing five
posts would take longer than finding them.
"""

import json
from collections.abc import Iterable

from handler.reasons import Reason
from handler.tables import Posts


class Renderer:
    """Writes posts of one catalogue.

    Args:
        posts: the catalogue.
    """

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    def posts(self, rows: Iterable[int], texts: Iterable[str]) -> bytes:
        """A list of posts by their rows, with their texts."""
        return _list(b"{%b}" % self._post(row, text) for row, text in zip(rows, texts, strict=True))

    def scored_posts(
        self, rows: Iterable[int], texts: Iterable[str], scores: Iterable[float]
    ) -> bytes:
        """A list of posts by their rows, each with its text and score."""
        return _list(
            b'{%b,"score":%b}' % (self._post(row, text), _number(score))
            for row, text, score in zip(rows, texts, scores, strict=True)
        )

    def explained_posts(
        self,
        rows: Iterable[int],
        texts: Iterable[str],
        scores: Iterable[float],
        reasons: Iterable[Iterable[Reason]],
    ) -> bytes:
        """A list of posts by their rows, each with its text, its score and why it is there."""
        return _list(
            b'{%b,"score":%b,"reasons":%b}'
            % (self._post(row, text), _number(score), _list(map(_reason, why)))
            for row, text, score, why in zip(rows, texts, scores, reasons, strict=True)
        )

    def scores(self, rows: Iterable[int], scores: Iterable[float]) -> bytes:
        """A list of the posts' ids and scores."""
        ids = self._posts.ids
        return _list(
            b'{"id":%d,"score":%b}' % (ids[row], _number(score))
            for row, score in zip(rows, scores, strict=True)
        )

    def _post(self, row: int, text: str) -> bytes:
        topic = self._posts.topics[row].as_py()
        return fields(id=int(self._posts.ids[row]), text=text, topic=topic)


def fields(**values: str | int | list[int]) -> bytes:
    """The inside of an object: what stands between its braces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()[1:-1]


def _reason(reason: Reason) -> bytes:
    return b"{%b}" % fields(reason=reason.code, text=reason.text)


def _list(items: Iterable[bytes]) -> bytes:
    return b"[%b]" % b",".join(items)


def _number(value: float) -> bytes:
    # As json.dumps writes it: the shortest text that reads as the same number.
    return repr(value).encode()
