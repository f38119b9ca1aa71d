"""What the channel serves, to be measured on the same later days as what shall follow it."""

from dataclasses import dataclass
from datetime import date

import lightgbm as lgb

from artifacts import layout
from artifacts.channel import Channel
from artifacts.errors import BrokenRelease, NotFound
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore
from train.features.schema import Schema


@dataclass(frozen=True)
class Served:
    """The release that the channel serves; of many arms, the first.

    Attributes:
        release: its id.
        past: the model of the past that it was measured by, if that can be measured here.
        since: the first day that it does not know.
        obstacle: why it cannot be measured, if so.
    """

    release: str
    past: lgb.Booster | None
    since: date = date.min
    obstacle: str = ""


def what_serves(store: ObjectStore, channel: Channel | None, schema: Schema) -> Served | None:
    """The release that the channel serves, or None if it serves none.

    Its published model knows all days up to its own, and would be flattered here. The model that it
    was measured by does not know the days from its own first test day on.

    Args:
        store: holds it.
        channel: what names it.
        schema: of the features that it is to be measured with.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    if channel is None:
        return None
    release = channel.arms[0].release
    try:
        found = open_release(store, release)
        features = found.manifest.features
        if (features.model, features.topics) != (schema.model, schema.topics):
            return Served(release, None, obstacle="its model has other inputs")
        return Served(release, _past(found), found.manifest.evaluation.test_since)
    except (BrokenRelease, NotFound) as error:
        return Served(release, None, obstacle=f"it cannot be read: {error}")


def _past(release: Release) -> lgb.Booster:
    text = release.read(layout.PAST).decode()
    try:
        return lgb.Booster(model_str=text)
    except lgb.basic.LightGBMError as error:
        raise BrokenRelease(f"{layout.PAST} is no model: {error}") from error
