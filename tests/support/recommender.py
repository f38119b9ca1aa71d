"""A recommender without an API around it."""

import asyncio
from collections.abc import Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from handler.fetching import Fetching
from handler.readers import Reader
from handler.recommender import Recommender
from handler.settings import Settings

T = TypeVar("T")


def served_from(store: Path | str, fresh_share: Fraction = Fraction(0)) -> Recommender:
    """The release that the store serves."""
    fetching = Fetching(Settings(str(store)))
    found = fetching.channel()
    assert found is not None
    return Recommender(fetching.release(found[0].arms[0].release), fresh_share)


def reader_of(recommender: Recommender, user_id: int) -> Reader:
    """A reader's row."""
    return awaited(recommender.reader(user_id))


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns. Not by asyncio.run, which would take away the loop that Mangum has set."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
