"""What a post is about, as a short vector of its text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

DIMENSIONS = 16
UNIT = 2.0**-20
"""Vectors are stored as whole multiples of it: their sums do not depend on the order of adding."""

_MOST_WORDS = 20_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TextEncoder:
    """Latent semantic analysis: TF-IDF, then a projection, centred, of about unit length.

    Attributes:
        words: those that count, in the order of the other two; none where no text had any.
        weights: float64 [words], their inverse document frequencies.
        directions: float64 [words, DIMENSIONS], what each word adds to a vector. Where the texts
            did not have enough words for all dimensions, the last ones are 0.
        mean: float64 [DIMENSIONS], of the vectors that it was fitted to, taken from every vector.
    """

    words: tuple[str, ...]
    weights: Floats
    directions: Floats
    mean: Floats

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """int64 [n, DIMENSIONS] in units of UNIT; a text's does not depend on the other texts."""
        if not self.words:
            return np.zeros((len(texts), DIMENSIONS), np.int64)
        vectorizer = TfidfVectorizer(vocabulary=self.words, sublinear_tf=True)
        vectorizer.idf_ = self.weights
        found = vectorizer.transform(texts) @ self.directions - self.mean
        length = np.linalg.norm(found, axis=1, keepdims=True)
        whole: npt.NDArray[np.int64] = np.rint(found / np.maximum(length, 1e-12) / UNIT).astype(
            np.int64
        )
        return whole


def fit_text(texts: Sequence[str], seed: int) -> TextEncoder:
    """Find the directions in which the texts differ most, by a truncated SVD.

    Args:
        texts: one text a post.
        seed: of the randomised SVD; the same seed gives the same encoder.
    """
    vectorizer = TfidfVectorizer(max_features=_MOST_WORDS, max_df=0.5, sublinear_tf=True)
    nothing = TextEncoder((), np.empty(0), np.empty((0, DIMENSIONS)), np.zeros(DIMENSIONS))
    try:
        counted = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left: nothing distinguishes the posts
        return nothing
    dimensions = min(DIMENSIONS, *(size - 1 for size in counted.shape))
    if dimensions <= 0:
        return nothing
    found = TruncatedSVD(dimensions, random_state=seed).fit(counted)
    directions = np.zeros((counted.shape[1], DIMENSIONS))
    directions[:, :dimensions] = found.components_.T
    return TextEncoder(
        tuple(vectorizer.get_feature_names_out()),
        vectorizer.idf_,
        directions,
        (counted @ directions).mean(axis=0),
    )
