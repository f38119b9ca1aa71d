"""The fetching of a release out of a store that a test has at hand."""

from artifacts.stores import ObjectStore
from handler.fetching import Fetching
from handler.settings import Settings


class FetchingFrom(Fetching):
    """Fetches from a store that is no address's."""

    def __init__(self, settings: Settings, store: ObjectStore) -> None:
        super().__init__(settings)
        self.__dict__["_store"] = store  # the cached property
