"""What every store can do: six operations, and the promises releases are built on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """An object as it was read.

    Attributes:
        data: All its bytes.
        version: A token that changes with the bytes; hand it to `replace`.
    """

    data: bytes
    version: str


class ObjectStore(Protocol):
    """Objects under keys (see `artifacts.keys`); safe to use from several threads.

    Each operation raises StoreUnavailable if the store fails or refuses access, and InvalidAddress
    if the key is none. A reader sees an object whole or not at all.
    """

    def read(self, key: str) -> StoredObject:
        """Return the object.

        Raises:
            NotFound: there is none.
        """
        ...

    def read_unless(self, key: str, version: str) -> StoredObject | None:
        """Return the object, or None if it is still of that version: then it is not sent.

        Raises:
            NotFound: there is none.
        """
        ...

    def create(self, key: str, data: bytes) -> None:
        """Write a new object; of several writers with different bytes exactly one succeeds.

        An object that already holds the same bytes is a success: it may be this very call, whose
        answer was lost on the way and which was sent again.

        Raises:
            AlreadyExists: the key is taken by other bytes.
            Conflict: another writer was at it all the time, and nothing was written.
        """
        ...

    def replace(self, key: str, data: bytes, version: str) -> None:
        """Overwrite the object if it is still the version that was read.

        As in `create`, an object that already holds the same bytes is a success.

        Raises:
            Conflict: it is another version by now, or gone.
        """
        ...

    def remove(self, key: str) -> None:
        """Remove the object; that there is none is a success."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin with `prefix` (any text), sorted."""
        ...
