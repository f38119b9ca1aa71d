"""The posts' texts, written by a small grammar from the word lists in `prose/`.

A topic's list holds sentences with {slots}; its themes name the things they are about, and its
hooks are lines that please or displease. So a text tells its topic, its theme and its hook.
"""

import math
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from train.demo_data.catalogue import Catalogue
from train.demo_data.taste import THEMES_PER_TOPIC, TOPICS

Phrase = tuple[str, ...]
"""A phrase cut at its slots: text, slot, text, slot, ..., text."""
Rules = dict[str, list[Phrase]]

_FOLDER = Path(__file__).parent / "prose"
_SLOT = re.compile(r"\{(\w+)\}")
_HOOK_EVERY = 4
# Half of what is added at a time, so that texts are as often too short as too long.
_HALF_PARAGRAPH, _HALF_SENTENCE = 90, 35
_TWEET = 140
_TWEET_LINK = "https://go.example/"
_LINK_LETTERS = "abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789"
_LINK_CODE = 4


class Voice(NamedTuple):
    """How a topic is written: its rules, those of its themes and hooks, its texts' lengths."""

    form: str
    median_characters: float
    spread: float
    rules: Rules
    themes: list[Rules]
    hooks: list[Rules]


def write_texts(catalogue: Catalogue, rng: np.random.Generator) -> list[str]:
    """Writes the text of every post, [posts]."""
    voices = [_voice(topic) for topic in TOPICS]
    scores = _even_scores(catalogue.topic, rng)
    draws = _draws(rng)
    texts = []
    for topic, theme, hook, score in zip(
        catalogue.topic.tolist(),
        catalogue.appeals.theme.tolist(),
        catalogue.hook.tolist(),
        scores,
        strict=True,
    ):
        voice = voices[topic]
        rules = voice.rules | voice.themes[theme % THEMES_PER_TOPIC] | voice.hooks[hook]
        writer = _Writer(rules, draws)
        length = voice.median_characters * math.exp(voice.spread * score)
        texts.append(_FORMS[voice.form](writer, length))
    return texts


class _Writer:
    """Fills the slots of one post; its people, city and organisation stay the same throughout."""

    def __init__(self, rules: Rules, draws: Iterator[int]) -> None:
        self._rules = rules
        self._draws = draws
        surname, second = self.words("last"), self.words("last")
        self._cast = {
            "surname": surname,
            "person": f"{self.words('first')} {surname}",
            "second": f"{self.words('first')} {second}",
            "city": self.words("place"),
            "body": self.words("body"),
        }

    def words(self, slot: str) -> str:
        """One of the slot's phrases, filled."""
        options = self._rules[slot]
        return self._fill(options[next(self._draws) % len(options)])

    def sentence(self, slot: str) -> str:
        """The same, beginning with a capital."""
        return _capital(self.words(slot))

    def sentences(self) -> Iterator[str]:
        """Sentences without end, none again before all were used; the first of four is a hook's."""
        lines = self._shuffled("line")
        others = self._shuffled("sentence")
        while True:
            yield next(lines)
            for _ in range(_HOOK_EVERY - 1):
                yield next(others)

    def letter(self) -> str:
        """A letter or digit for a link."""
        return _LINK_LETTERS[next(self._draws) % len(_LINK_LETTERS)]

    def _shuffled(self, slot: str) -> Iterator[str]:
        while True:
            for phrase in sorted(self._rules[slot], key=lambda _: next(self._draws)):
                yield _capital(self._fill(phrase))

    def _fill(self, phrase: Phrase) -> str:
        if len(phrase) == 1:
            return phrase[0]
        return "".join(
            part if index % 2 == 0 else self._cast.get(part) or self.words(part)
            for index, part in enumerate(phrase)
        )


def _story(writer: _Writer, length: float) -> str:
    paragraphs = [writer.sentence("title"), writer.sentence("lead")]
    size = sum(map(len, paragraphs))
    sentences = writer.sentences()
    while size + _HALF_PARAGRAPH < length:
        paragraph = " ".join(next(sentences) for _ in range(3 if len(paragraphs) % 2 else 2))
        paragraphs.append(paragraph)
        size += len(paragraph) + 2
    return "\n\n".join(paragraphs)


def _review(writer: _Writer, length: float) -> str:
    parts = [writer.sentence("title"), writer.sentence("lead")]
    size = sum(map(len, parts))
    sentences = writer.sentences()
    while size + _HALF_SENTENCE < length:
        parts.append(next(sentences))
        size += len(parts[-1]) + 1
    return " ".join(parts)


def _tweet(writer: _Writer, length: float) -> str:
    link = _TWEET_LINK + "".join(writer.letter() for _ in range(_LINK_CODE))
    room = _TWEET - len(link) - 1
    text = f"{writer.sentence('title')} {writer.sentence('line')}"
    if length >= _TWEET * 0.85:
        text = f"{text} {writer.sentence('sentence')}"
    if len(text) > room:
        text = text[: room - 1].rstrip() + "…"
    return f"{text} {link}"


_FORMS = {"story": _story, "review": _review, "tweet": _tweet}


def _even_scores(topic: NDArray[np.int64], rng: np.random.Generator) -> list[float]:
    """Standard normal scores [posts], evenly spread over each topic's posts in random order."""
    counts = np.bincount(topic)
    ranks = np.concatenate([(rng.permutation(count) + 0.5) / count for count in counts])
    return [NormalDist().inv_cdf(rank) for rank in ranks.tolist()]


def _draws(rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.integers(0, 1 << 32, 65_536).tolist()


@cache
def _voice(topic: str) -> Voice:
    common = _load("common")
    own = _load(topic)
    rules = _compiled(common) | _compiled(own)
    if own["form"] == "story":
        rules["sentence"] = rules["sentence"] + rules["news"]
    return Voice(
        form=own["form"],
        median_characters=own["median_characters"],
        spread=own["spread"],
        rules=rules,
        themes=[_compiled(theme) for theme in own["themes"].values()],
        hooks=[_compiled(hook) for hook in own["hooks"].values()],
    )


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _compiled(lists: dict[str, Any]) -> Rules:
    return {
        slot: [tuple(_SLOT.split(phrase)) for phrase in phrases]
        for slot, phrases in lists.items()
        if isinstance(phrases, list)
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
