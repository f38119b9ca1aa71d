"""What a post is about, as a short vector of its text."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

DIMENSIONS = 16
UNIT = 2.0**-20
"""Vectors are stored as whole multiples of it: their sums do not depend on the order of adding."""

_MOST_WORDS = 20_000


def text_vectors(texts: Sequence[str], seed: int) -> npt.NDArray[np.int64]:
    """Latent semantic analysis: TF-IDF, then a truncated SVD, centred, of about unit length.

    Args:
        texts: one text a post, n of them.
        seed: of the randomised SVD; the same seed gives the same vectors.

    Returns:
        int64 [n, DIMENSIONS] in units of UNIT. Where the texts do not have enough words for all
        dimensions, the last ones are 0.
    """
    vectors = np.zeros((len(texts), DIMENSIONS))
    vectorizer = TfidfVectorizer(max_features=_MOST_WORDS, max_df=0.5, sublinear_tf=True)
    try:
        words = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left: nothing distinguishes the posts
        return vectors.astype(np.int64)
    dimensions = min(DIMENSIONS, *(size - 1 for size in words.shape))
    if dimensions > 0:
        found = TruncatedSVD(dimensions, random_state=seed).fit_transform(words)
        found -= found.mean(axis=0)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        vectors[:, :dimensions] = found / np.maximum(length, 1e-12)
    return np.rint(vectors / UNIT).astype(np.int64)
