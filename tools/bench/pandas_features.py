"""The features as they would be made with pandas: the same numbers, for comparison."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from train.features.appeal import COUNTS, shares
from train.features.schema import AGE_LIMITS, BANDS, Schema, schema_for
from train.features.steps import SESSION_GAP_MINUTES
from train.features.text import DIMENSIONS, UNIT, fit_text

_TEXT = [f"text_{i}" for i in range(DIMENSIONS)]
_EVERYONE = len(BANDS) - 1


@dataclass(frozen=True)
class Rows:
    """Feature rows, one for each key, in the order of the keys.

    Attributes:
        reader: keys `as_of`, `user_id`; float32 features.
        post: keys `as_of`, `post_id`; float32 features.
    """

    reader: pd.DataFrame
    post: pd.DataFrame


def features_in_pandas(source: Path, sample: float, seed: int) -> Rows:
    """Read the tables of a folder and make the rows to serve, and those to learn from.

    Args:
        source: has the three tables as Parquet.
        sample: the share of readers to learn from.
        seed: of the text vectors.
    """
    readers, posts = (_read(source, name) for name in ("user_data", "post_text_df"))
    posts = posts.sort_values("post_id", ignore_index=True)
    schema = schema_for(posts["topic"].tolist())
    vectors = fit_text(posts["text"].tolist(), seed).vectors(posts["text"].tolist())
    topic = np.searchsorted(schema.topics, posts["topic"])
    numbers = pd.DataFrame(vectors, columns=_TEXT)
    for number in range(len(schema.topics)):
        numbers[f"topic_{number}"] = (topic == number).astype(np.int64)
    numbers.insert(0, "post_id", posts["post_id"])
    readers["band"] = np.where(
        readers["age"].isna(), -1, np.searchsorted(AGE_LIMITS, readers["age"], "right")
    )
    views = _views(source)
    daily = _reader_daily(views, numbers)
    last = views["day"].max()
    serving = last + timedelta(days=1)
    drawn = (readers["user_id"].astype(np.int64) * 2654435761) % 2**32 < sample * 2**32
    shown = views[views["user_id"].isin(readers["user_id"][drawn])]
    shown = shown[shown["day"] > views["day"].min()]
    peers = _peer_rates(daily, readers, [*shown["day"].unique(), serving], schema)
    return Rows(
        _reader_rows(daily, readers, shown, peers, serving),
        _post_rows(views, readers, posts, numbers, topic, shown, peers, serving),
    )


def _read(source: Path, table: str) -> pd.DataFrame:
    found = pd.read_parquet(source / f"{table}.parquet")
    whole = found.select_dtypes(["int8", "int16", "int32"]).columns
    return found.astype(dict.fromkeys(whole, np.int64))


def _views(source: Path) -> pd.DataFrame:
    feed = _read(source, "feed_data")
    views = feed[feed["action"] == "view"].drop(columns="action")
    views["day"] = views["timestamp"].dt.normalize()
    views = views.sort_values(["user_id", "day", "timestamp", "post_id", "target"])
    visit = views.groupby(["user_id", "day"])
    starts = ~(visit["timestamp"].diff() <= timedelta(minutes=SESSION_GAP_MINUTES))
    views["session"] = starts.cumsum()
    sessions = views.groupby("session")
    place = sessions.cumcount() + 1
    views["early"] = (place * 2 <= sessions["target"].transform("size")).astype(np.int64)
    return views.drop(columns="session")


def _reader_daily(views: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    columns = list(numbers.columns[1:])
    table = views[["user_id", "day", "post_id", "target"]].merge(numbers, on="post_id")
    liked = table[columns].mul(table["target"], axis=0).add_prefix("liked_")
    seen = table[columns].add_prefix("seen_")
    whole = pd.concat([table[["user_id", "day", "target"]], seen, liked], axis=1)
    grouped = whole.groupby(["user_id", "day"], sort=True)
    summed = grouped.sum().rename(columns={"target": "likes"})
    summed["views"] = grouped.size()
    return summed.reset_index()


def _smoothed(likes: Any, views: Any, prior: Any, weight: float) -> Any:  # noqa: ANN401 - numbers, columns or tables
    return (likes + weight * prior) / (views + weight)


def _as_of(wanted: pd.DataFrame, daily: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The last row of each before a day; zeros where there is none."""
    found = pd.merge_asof(
        wanted.sort_values("as_of"), daily.sort_values("day"),
        left_on="as_of", right_on="day", by=by or None, allow_exact_matches=False,
    )  # fmt: skip
    counted = [name for name in daily.columns if name not in {*by, "day", "first_day"}]
    found[counted] = found[counted].fillna(0)
    return found


def _cumulated(daily: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    summed = daily.groupby([*by, "day"], as_index=False).sum().sort_values([*by, "day"])
    counted = [name for name in summed.columns if name not in {*by, "day"}]
    summed[counted] = (summed.groupby(by) if by else summed)[counted].cumsum()
    return summed


def _peer_rates(
    daily: pd.DataFrame, readers: pd.DataFrame, days: list[Any], schema: Schema
) -> pd.DataFrame:
    """How readers of one age band, country and experiment group like, as of each day."""
    topics = range(len(schema.topics))
    counted = ["views", "likes", *(f"{k}_topic_{t}" for k in ("seen", "liked") for t in topics)]
    keys = ["band", "country", "exp_group"]
    profile = readers[["user_id", *keys]]
    by_peers = daily[["user_id", "day", *counted]].merge(profile, on="user_id")
    by_peers = by_peers.drop(columns="user_id").groupby([*keys, "day"], as_index=False).sum()
    wanted = profile[keys].drop_duplicates()
    wanted = pd.concat([wanted, pd.DataFrame({"band": [-1], "country": [""], "exp_group": [-1]})])
    wanted = wanted.merge(pd.DataFrame({"as_of": sorted(set(days))}), how="cross")
    made = wanted
    for level, by in (("all", []), ("band", ["band"]), ("peer", keys)):
        told = _cumulated(by_peers[[*by, "day", *counted]], by)
        found = _as_of(wanted, told, by)[[*keys, "as_of", *counted]]
        made = made.merge(
            found.rename(columns={name: f"{level}_{name}" for name in counted}),
            on=[*keys, "as_of"],
        )
    rate = {"none": 0.1}
    for level, before, weight in (
        ("all", "none", 100),
        ("band", "all", 400),
        ("peer", "band", 400),
    ):
        rate[level] = _smoothed(
            made[f"{level}_likes"], made[f"{level}_views"], rate[before], weight
        )
    made["all_rate"], made["rate"] = rate["all"], rate["peer"]
    for t in topics:
        liked, seen = (made[f"all_{k}_topic_{t}"] for k in ("liked", "seen"))
        rates = made[f"all_topic_{t}"] = _smoothed(liked, seen, rate["all"], 400)
        for level, before in (("band", "all"), ("peer", "band")):
            rates = np.minimum(rates * (rate[level] / rate[before]), 1.0)
            liked, seen = (made[f"{level}_{k}_topic_{t}"] for k in ("liked", "seen"))
            rates = _smoothed(liked, seen, rates, 400)
        made[f"topic_{t}"] = rates
    kept = ["all_rate", "rate", *(f"{k}{t}" for k in ("all_topic_", "topic_") for t in topics)]
    return made[[*keys, "as_of", *kept]]


def _reader_rows(
    daily: pd.DataFrame,
    readers: pd.DataFrame,
    shown: pd.DataFrame,
    peers: pd.DataFrame,
    serving: Any,  # noqa: ANN401
) -> pd.DataFrame:
    asked = shown[["user_id", "day"]].drop_duplicates().rename(columns={"day": "as_of"})
    asked = pd.concat([asked, pd.DataFrame({"user_id": readers["user_id"], "as_of": serving})])
    known = _as_of(asked, _cumulated(daily, ["user_id"]), ["user_id"])
    sizes = {
        f"{place}_size": np.log(readers.groupby(place)["user_id"].transform("size"))
        for place in ("country", "city")
    }
    profile = readers.assign(
        **sizes,
        is_ios=(readers["os"].str.lower() == "ios").astype(int),
        is_organic=(readers["source"].str.lower() == "organic").astype(int),
    )
    known = known.merge(profile, on="user_id")
    known = known.merge(peers, on=["band", "country", "exp_group", "as_of"], suffixes=("", "_peer"))
    rate = _smoothed(known["likes"], known["views"], known["rate"], 40)
    topics = [name for name in peers.columns if name.startswith("topic_")]
    columns: dict[str, Any] = {
        name: known[name]
        for name in (
            "gender",
            "age",
            "exp_group",
            "country_size",
            "city_size",
            "is_ios",
            "is_organic",
        )
    }
    columns |= {"views": np.log1p(known["views"]), "own": rate, "peers": known["rate"]}
    for topic in topics:
        prior = np.minimum(known[topic] * (rate / known["rate"]), 1.0)
        columns[topic] = _smoothed(known[f"liked_{topic}"], known[f"seen_{topic}"], prior, 40)
    for text in _TEXT:
        surplus = known[f"liked_{text}"] - rate * known[f"seen_{text}"]
        columns[text] = UNIT * surplus / (known["likes"] + 20)
    band = np.where(known["band"] < 0, _EVERYONE, known["band"])
    columns |= {f"in_{number}": band == number for number in range(len(BANDS))}
    made = pd.DataFrame(columns).astype(np.float32)
    made.index = pd.MultiIndex.from_frame(known[["as_of", "user_id"]])
    return made.sort_index()


def _post_rows(  # noqa: PLR0913, PLR0917 - the tables that it joins
    views: pd.DataFrame,
    readers: pd.DataFrame,
    posts: pd.DataFrame,
    numbers: pd.DataFrame,
    topic: npt.NDArray[np.int64],
    shown: pd.DataFrame,
    peers: pd.DataFrame,
    serving: Any,  # noqa: ANN401 - a day
) -> pd.DataFrame:
    asked = shown[["post_id", "day"]].drop_duplicates().rename(columns={"day": "as_of"})
    asked = pd.concat([asked, pd.DataFrame({"post_id": posts["post_id"], "as_of": serving})])
    banded = views.merge(readers[["user_id", "band"]], on="user_id")
    grouped = banded.groupby(["post_id", "band", "day"])
    counted = grouped[["early", "target"]].sum().rename(columns={"target": "likes"})
    counted["views"] = grouped.size()
    daily = counted.reset_index()
    everyone = daily.drop(columns="band").groupby(["post_id", "day"], as_index=False).sum()
    history = _cumulated(everyone[["post_id", "day", "views", "likes"]], ["post_id"])
    history["first_day"] = history.groupby("post_id")["day"].transform("min")
    known = _as_of(asked, history, ["post_id"])
    known["topic"] = topic[np.searchsorted(posts["post_id"], known["post_id"])]
    all_topics = [name for name in peers.columns if name.startswith("all_topic_")]
    by_day = peers.drop_duplicates("as_of").set_index("as_of")[all_topics].reindex(known["as_of"])
    prior = by_day.to_numpy()[np.arange(len(known)), known["topic"]]
    place = np.searchsorted(posts["post_id"], known["post_id"])
    columns: dict[str, Any] = {
        "topic": known["topic"],
        "length": np.log1p(posts["text"].str.len().to_numpy()[place]),
        "age": (known["as_of"] - known["first_day"]).dt.days.fillna(0),
        "rate": _smoothed(known["likes"], known["views"], prior, 300),
    }
    columns |= {text: UNIT * numbers[text].to_numpy()[place] for text in _TEXT}
    made = pd.DataFrame(columns)
    made.index = pd.MultiIndex.from_frame(known[["as_of", "post_id"]])
    made = made.sort_index()
    appeal = _appeal(daily, everyone, made.index, numbers, topic)
    return pd.concat([made, appeal], axis=1).astype(np.float32)


def _appeal(
    daily: pd.DataFrame,
    everyone: pd.DataFrame,
    asked: "pd.Index[Any]",
    numbers: pd.DataFrame,
    topic: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """What readers of each band did with each post, by the estimator that the project uses too."""
    whole = pd.concat([daily[daily["band"] >= 0], everyone.assign(band=_EVERYONE)])
    ids = numbers["post_id"].to_numpy()
    known = np.column_stack((np.eye(topic.max() + 1)[topic], 4 * UNIT * numbers[_TEXT].to_numpy()))
    whole = whole.sort_values("day")
    cell = whole["band"].to_numpy() * len(ids) + np.searchsorted(ids, whole["post_id"])
    tables = {name: np.zeros((len(BANDS), len(ids))) for name in ("views", *COUNTS)}
    done, made = 0, []
    for day, rows in asked.to_frame(index=False).groupby("as_of"):
        end = int(whole["day"].searchsorted(day))
        for name, table in tables.items():
            new = whole[name].to_numpy()[done:end]
            new = np.bincount(cell[done:end], new, table.size).reshape(table.shape)
            np.add(table, new, out=table)
        done = end
        of = np.searchsorted(ids, rows["post_id"])
        found = [shares(tables["views"], tables[name], known, of) for name in COUNTS]
        made.append(np.concatenate(found).T)
    return pd.DataFrame(np.concatenate(made), index=asked)
