"""The vectors of posts, block by block, as the ranker reads them."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.blocks import first_stage_inputs
from artifacts.errors import BrokenRelease

NUMBERS = 4


def posts(count: int, blocks: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Vectors [count, NUMBERS], and equal blocks in no order."""
    generator = np.random.default_rng(count)
    vectors = generator.normal(size=(count, NUMBERS)).astype(np.float32)
    return vectors, generator.permutation(np.arange(count) % blocks).astype(np.int32)


@given(st.integers(1, 300), st.integers(1, 40))
def test_each_post_is_once_in_its_block_with_its_vector(count: int, blocks: int) -> None:
    vectors, block_of = posts(count, min(blocks, count))
    found = first_stage_inputs(vectors, block_of)
    rows, of_blocks = found["block_rows"], found["block_vectors"].astype(float)
    real = of_blocks[:, -1] > -1e20
    assert sorted(rows[real]) == [*range(count)]
    for block, (here, those) in enumerate(zip(rows, real, strict=True)):
        assert (block_of[here[those]] == block).all()
        assert np.array_equal(of_blocks[block][:, those], vectors[here[those]].T)


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 99))
def test_no_post_of_a_block_is_above_the_bound_of_its_box(
    count: int, blocks: int, seed: int
) -> None:
    vectors, block_of = posts(count, min(blocks, count))
    boxes = first_stage_inputs(vectors, block_of)["block_boxes"]
    reader = np.random.default_rng(seed).normal(size=NUMBERS)
    bounds = np.concatenate((np.maximum(reader, 0), np.minimum(reader, 0))) @ boxes
    assert (vectors @ reader <= bounds[block_of] + 1e-9).all()
    corner = np.where(reader > 0, vectors[block_of == 0].max(axis=0), vectors[block_of == 0].min(0))
    assert bounds[0] == pytest.approx(corner @ reader)


@pytest.mark.parametrize(
    "blocks", [[0, 0, 0, 1], [0, 1, 3, 3], [-1, 0, 1, 2], [2**16, 2**16, 0, 0], [2**31 - 1] * 4]
)
def test_blocks_of_unequal_size_are_refused(blocks: list[int]) -> None:
    with pytest.raises(BrokenRelease, match=r"posts\.parquet: the column block holds no blocks"):
        first_stage_inputs(np.ones((4, NUMBERS), np.float32), np.array(blocks, np.int32))


def test_without_blocks_the_vectors_are_turned() -> None:
    vectors, _ = posts(7, 1)
    assert np.array_equal(first_stage_inputs(vectors, None)["vectors"], vectors.T)
