"""Loads releases, refuses those that are not what they must be, and remembers which."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from artifacts.channel import Arm, Channel
from artifacts.errors import ArtifactError, BrokenRelease, StoreUnavailable
from handler import telemetry
from handler.fetching import Fetching
from handler.recommender import Recommender
from handler.settings import Settings

REFUSED_LOOKS = 5
"""A release that was refused is left alone for so many looks at the channel, and then tried again:
it may have been repaired, or was read wrongly."""

_EARLIER = 3
"""How many earlier releases are tried where nothing serves yet."""


@dataclass(frozen=True)
class Answering:
    """What answers one call, from its start to its end.

    Attributes:
        recommender: the release.
        arm: the reader's.
        experiment: the name of the running experiment.
    """

    recommender: Recommender
    arm: Arm
    experiment: str | None


@dataclass(frozen=True)
class Loaded:
    """A channel whose releases are loaded.

    Attributes:
        channel: as it was read.
        version: its version in the store.
        recommenders: what answers for each release that it names.
    """

    channel: Channel
    version: str
    recommenders: Mapping[str, Recommender]

    @property
    def is_whole(self) -> bool:
        """Whether each release answers for itself, and none for one that was refused."""
        return all(
            recommender.manifest.release == release
            for release, recommender in self.recommenders.items()
        )

    def answering(self, user_id: int | None, arm_name: str = "") -> Answering:
        """What answers a reader, or whoever asks without being one.

        Args:
            user_id: the reader, or None.
            arm_name: the arm that is to answer; the reader's own if empty.

        Raises:
            KeyError: the channel has no arm of that name.
        """
        channel = self.channel
        if arm_name:
            arm = {arm.name: arm for arm in channel.arms}[arm_name]
        else:
            arm = channel.arms[0] if user_id is None else channel.arm_of(user_id)
        experiment = channel.experiment.name if channel.experiment else None
        return Answering(self.recommenders[arm.release], arm, experiment)


class RefusedError(BrokenRelease):
    """A release is not what it must be; it has been told once."""


class Loader:
    """Loads releases, each once.

    Args:
        fetching: where they come from.
        settings: what a recommender is told.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        fetching: Fetching,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetching = fetching
        self._settings = settings
        self._clock = clock
        self._loaded: dict[str, Recommender] = {}
        # Of an error the text alone: with itself it would keep whatever was being loaded.
        self._refused: dict[str, tuple[float, str]] = {}

    def load(self, release_id: str) -> Recommender:
        """The release, checked and tried out.

        Raises:
            RefusedError: it is not what it must be, or was not less than REFUSED_LOOKS ago.
            StoreUnavailable: the store cannot be read.
        """
        if release_id in self._loaded:
            return self._loaded[release_id]
        until, why = self._refused.get(release_id, (0.0, ""))
        if why and self._clock() < until:
            raise RefusedError(why)
        try:
            fetched = self._fetching.release(release_id)
            found = Recommender(fetched, self._settings.fresh_share, self._clock)
        except StoreUnavailable:
            raise
        except Exception as error:
            why = f"release {release_id} is refused: {_told(error)}"
            until = self._clock() + REFUSED_LOOKS * self._settings.follow_seconds
            self._refused[release_id] = until, why
            refused = RefusedError(why)
            telemetry.fault("ReleaseRefused", refused)
            raise refused from error
        self._refused.pop(release_id, None)
        self._loaded[release_id] = found
        return found

    def forget(self) -> None:
        """Forget what was refused, so that it is tried anew."""
        self._refused.clear()

    def all_of(self, channel: Channel) -> dict[str, Recommender]:
        """The releases that the channel names; the others are forgotten.

        Raises:
            RefusedError, StoreUnavailable: as `load`, of any of them; none is forgotten then.
        """
        found = {release: self.load(release) for release in channel.releases}
        self._loaded = dict(found)
        return found

    def what_can_be(self, channel: Channel) -> dict[str, Recommender]:
        """For each release that the channel names what can answer for it, where nothing serves yet.

        For one that is refused another of its arms, or else the last that was served before.

        Raises:
            RefusedError, StoreUnavailable: none of them can be loaded.
        """
        found = self._loadable(channel.releases)
        if not found:
            earlier = [promotion.release for promotion in reversed(channel.standing)]
            tried = [release for release in earlier if release not in channel.releases]
            found = self._loadable(list(dict.fromkeys(tried))[:_EARLIER], most=1)
        if not found:
            self.load(channel.arms[0].release)
        instead = next(iter(found.values()))
        return {release: found.get(release, instead) for release in channel.releases}

    def _loadable(self, releases: Iterable[str], most: int | None = None) -> dict[str, Recommender]:
        found: dict[str, Recommender] = {}
        for release in releases:
            with suppress(RefusedError):
                found[release] = self.load(release)
            if len(found) == most:
                break
        return found


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, ArtifactError) else f"{type(error).__name__}: {error}"
