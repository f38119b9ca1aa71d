"""The readers: the rows of `user_data`, and what each of them likes."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.demo_data.plan import Plan, Stream
from train.demo_data.taste import Tastes, draw_tastes

_FEMALE = 0.5513
_ANDROID = 0.6490
_ADS = 0.6232
"""The first readers came by advertisement: up to id 107,014 of 168,552 in the network's table."""
_FIRST_ID = 200
# How often an id follows a gap, and the chance that a gap ends with each id left out.
_GAP_SHARE, _GAP_ENDS = 0.0196, 0.62
_YOUNGEST = 14
# Readers of each age from 14 on, in ten-thousandths.
_AGES = """
147 329 393 477 554 601 630 621 554 498 416 359 313 277 257 250 242 231 216 208 206 200 189 166
164 149 139 129 120 109 99 92 81 75 66 58 55 50 41 36 30 27 23 19 17 15 13 9 10 7 7 5 5 3 3 2 2 1
1 1 1
"""
# What is left of a country's readers falls on its small places by rank, Zipf's law with a cut-off
# at 2,500.
_ZIPF = 1.25
_ZIPF_CUTOFF = 2_500


@dataclass(frozen=True)
class Readers:
    """Some readers.

    Attributes:
        columns: The columns of `user_data` but the id, each [readers], by name in the table's
            order.
        tastes: What they like.
    """

    columns: dict[str, NDArray[np.int64] | NDArray[np.str_]]
    tastes: Tastes

    @property
    def age(self) -> NDArray[np.int64]:
        """Ages in years, int64 [readers]."""
        return self.columns["age"].astype(np.int64)


def user_ids(plan: Plan) -> NDArray[np.int64]:
    """Ids of all readers, int64 [users], rising from 200, with gaps."""
    rng = plan.rng(Stream.USER_IDS)
    gaps = 1 + (rng.random(plan.users) < _GAP_SHARE) * rng.geometric(_GAP_ENDS, plan.users)
    gaps[0] = _FIRST_ID
    return np.cumsum(gaps)


def draw_readers(plan: Plan, cohort: range, axes: NDArray[np.float64]) -> Readers:
    """Draws the readers of one cohort, given the themes' places `axes` [themes, axes]."""
    rng = plan.rng(Stream.READERS, cohort.start)
    count = len(cohort)
    ages = np.array(_AGES.split(), dtype=float)
    gender = (rng.random(count) < _FEMALE).astype(np.int64)
    age = _YOUNGEST + rng.choice(len(ages), count, p=ages / ages.sum())
    countries, cities, shares = _places()
    place = rng.choice(len(cities), count, p=shares)
    country = countries[place]
    exp_group = rng.integers(0, 5, count)
    tastes = draw_tastes(rng, axes, gender=gender, age=age, country=country, exp_group=exp_group)
    columns = {
        "gender": gender,
        "age": age,
        "country": country,
        "city": cities[place],
        "exp_group": exp_group,
        "os": np.where(rng.random(count) < _ANDROID, "Android", "iOS"),
        "source": np.where(
            np.arange(cohort.start, cohort.stop) < round(_ADS * plan.users), "ads", "organic"
        ),
    }
    return Readers(columns, tastes)


@cache
def _places() -> tuple[NDArray[np.str_], NDArray[np.str_], NDArray[np.float64]]:
    """Countries, cities and shares of readers, each [places]."""
    text = (Path(__file__).parent / "cities.toml").read_text(encoding="utf-8")
    countries: list[str] = []
    cities: list[str] = []
    shares: list[float] = []
    for country, entry in tomllib.loads(text).items():
        known = entry["cities"]
        names = _small_places(entry["stems"], entry["endings"], entry["places"] - len(known))
        rank = np.arange(1, len(names) + 1) + len(known)
        tail = rank**-_ZIPF * np.exp(-rank / _ZIPF_CUTOFF)
        tail *= (1 - sum(known.values())) / tail.sum()
        countries += [country] * (len(known) + len(names))
        cities += [*known, *names]
        shares += [entry["share"] * share for share in [*known.values(), *tail]]
    return np.array(countries), np.array(cities), np.array(shares) / sum(shares)


def _small_places(stems: list[str], endings: list[str], count: int) -> list[str]:
    """Names made of syllables, neighbours in the list unlike each other."""
    pairs = len(stems) * len(endings)
    steps = (index % len(stems) + (index // len(stems)) for index in range(pairs))
    names = (
        stems[index % len(stems)] + endings[step % len(endings)] for index, step in enumerate(steps)
    )
    return list(dict.fromkeys(names))[:count]
