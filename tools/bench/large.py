"""A catalogue larger than the demo's: its posts, their texts, and a ranker for them.

It is fitted once, which takes minutes at a million posts, and kept in .bench/large.
"""

import pickle
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from artifacts.proofs import FirstStage
from tools.bench.catalogue import EFFORTS, Subject
from tools.bench.subject import EVENING
from tools.bench.table import FOLDER
from train.demo_data.catalogue import draw_catalogue
from train.demo_data.plan import Plan
from train.demo_data.prose import write_texts
from train.demo_data.taste import TOPICS
from train.export.graph import ranker_graph
from train.retrieval.choose import choose

_FITTED = FOLDER / "large"


@dataclass(frozen=True)
class Large:
    """A catalogue, most liked first, and what ranks it.

    Attributes:
        graph: the ranker.
        features: float32 [N, P].
        vectors: float32 [D, N], of the first stage.
        blocks: int32 [N], where it looks into blocks.
        proof: what the first stage finds.
        reader: names of the readers' features.
        post: names of the posts'.
        texts: as the demo's generator writes them.
        topics: theirs.
    """

    graph: bytes
    features: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32] | None
    blocks: npt.NDArray[np.int32] | None
    proof: FirstStage | None
    reader: tuple[str, ...]
    post: tuple[str, ...]
    texts: list[str]
    topics: list[str]


def large(posts: int) -> Large:
    """The catalogue of so many posts, one of EFFORTS."""
    kept = _FITTED / f"{posts}.pickle"
    if not kept.exists():
        _FITTED.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(_make(posts), protocol=5))
    made = pickle.loads(kept.read_bytes())  # noqa: S301 - written by the line above
    assert isinstance(made, Large)  # noqa: S101 - likewise
    return made


_subject = cache(Subject)


def _make(posts: int) -> Large:
    subject = _subject()
    features = subject.catalogue(posts)
    typical = np.median(features, axis=0)
    chosen = choose(
        lambda stage: ranker_graph(
            subject.schema, subject.unknown, typical, subject.booster, stage
        ),
        subject.readers, features, EVENING, seed=1, effort=EFFORTS[posts],
    )  # fmt: skip
    drawn = draw_catalogue(Plan(users=1, posts=posts, days=1, seed=1))
    order = np.random.default_rng(1).permutation(posts).tolist()
    texts = write_texts(drawn, np.random.default_rng(2))
    topics = [TOPICS[topic] for topic in drawn.topic.tolist()]
    return Large(
        chosen.graph.SerializeToString(deterministic=True),
        features, chosen.vectors, chosen.blocks, chosen.proof,
        subject.schema.reader, subject.schema.post,
        [texts[row] for row in order], [topics[row] for row in order],
    )  # fmt: skip
