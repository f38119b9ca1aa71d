"""What posts take in a container: a release's own, repeated until there are as many as asked for.

They are published and read by what publishes and reads any: `post_files` and `read_posts`.
"""

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.release import Release
from handler.tables import read_texts
from train.export.tables import post_files
from train.features.rows import FeatureRows
from train.warehouse import Warehouse

_LEAST_IN_BLOCKS = 50_000
_ROUNDS = 3
_READING = """
import sys, time
from pathlib import Path
from artifacts.manifest import Manifest
from handler.tables import read_posts

def resident(name):
    status = Path("/proc/self/status").read_text()
    return int(status.split(name + ":")[1].split()[0]) * 1024

manifest = Manifest.model_validate_json(Path(sys.argv[2]).read_bytes())
stage = manifest.first_stage
if stage:
    stage = stage.model_copy(update={"blocks": int(sys.argv[3])})
before = resident("VmRSS")
waiting = [Path(sys.argv[1]).read_bytes()]
began = time.perf_counter()
# Whoever reads lets the bytes go, as the function does.
posts = read_posts(waiting.pop(), len(manifest.features.post), stage)
posts.rows_of(posts.ids[:1])
print(time.perf_counter() - began, resident("VmRSS") - before, resident("VmHWM") - before)
"""
"""In a process of its own, whose peak is nobody else's."""


def catalogue(release: Release) -> pa.Table:
    """The posts of the release, with their texts wherever it has them."""
    table = _table(release, layout.POSTS)
    if layout.TEXT_FILE not in table.column_names:
        return table
    last = pc.max(table[layout.TEXT_FILE]).as_py()
    files = [_table(release, layout.texts_file(number)) for number in range(last + 1)]
    return table.append_column(layout.TEXT, pa.concat_tables(files)[layout.TEXT])


def _table(release: Release, path: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(release.read(path)))


def texts(release: Release) -> str:
    """The bytes of a post's text, in the mean."""
    mean = pc.mean(pc.binary_length(catalogue(release)[layout.TEXT])).as_py()
    return f"a post: {mean:,.0f} bytes of text"


def posts(release: Release, count: int, folder: Path) -> str:
    """Bytes, seconds and memory of so many posts; above a size they are in blocks, as published."""
    file, manifest = folder / "posts.parquet", folder / "manifest.json"
    blocks = 2 ** ((count // 128).bit_length() - 1) if count > _LEAST_IN_BLOCKS else 0
    outside = _publish(catalogue(release), count, blocks, file)
    manifest.write_text(release.manifest.model_dump_json(), encoding="utf-8")
    try:
        rounds = [_read(file, manifest, blocks) for _ in range(_ROUNDS)]
    except subprocess.CalledProcessError as error:
        why = error.stderr.strip().splitlines()[-1]
        return f"{count:,} posts cannot be read: {why.rpartition(': ')[2]}"
    # Other programs only ever make it slower.
    seconds, after, peak = min(rounds)
    stored, after, peak = (size / count for size in (file.stat().st_size, after, peak))
    return (
        f"{count:,} posts: {stored:,.0f} bytes of file, {after:,.0f} of memory and {peak:,.0f} "
        f"at the peak a post, {seconds:.2f} s at least; {outside}"
    )


def _read(file: Path, manifest: Path, blocks: int) -> tuple[float, float, float]:
    """Seconds, and bytes that stay and that are taken at the peak."""
    done = subprocess.run(  # noqa: S603 - this program's own reader
        [sys.executable, "-c", _READING, file, manifest, str(blocks)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, after, peak = (float(number) for number in done.stdout.split())
    return seconds, after, peak


@dataclass
class _TextFiles:
    """What is seen of them as they are written."""

    files: int = 0
    size: int = 0
    milliseconds: float = float("inf")

    def see(self, data: bytes, path: str) -> None:
        ids = pq.read_table(pa.BufferReader(data), columns=[layout.POST_ID])[layout.POST_ID]
        began = time.perf_counter()
        read_texts(data, ids.to_numpy(), path)
        self.milliseconds = min(self.milliseconds, (time.perf_counter() - began) * 1000)
        self.files += 1
        self.size += len(data)

    def __str__(self) -> str:
        if not self.files:
            return "texts inside"
        return (
            f"texts in {self.files:,} files of {self.size / self.files:,.0f} bytes, "
            f"one read in {self.milliseconds:.1f} ms at least"
        )


def _publish(table: pa.Table, count: int, blocks: int, file: Path) -> _TextFiles:
    """Write `posts.parquet`; the texts that it does not hold are seen and not kept."""
    times = -(-count // len(table))
    # Nothing is copied: the repeated table's pieces are one and the same.
    repeated = pa.concat_tables([table] * times).slice(0, count)
    numbers = np.arange(count)
    features, seen = _repeated(table, layout.FEATURES, count), _TextFiles()
    has_vectors = layout.VECTOR in table.column_names
    vectors = _repeated(table, layout.VECTOR, count).T if has_vectors else None
    of_block = (numbers * blocks // count).astype(np.int32) if blocks else None
    with TemporaryDirectory() as work, closing(Warehouse(Path(work))) as warehouse:
        ids = pa.array(numbers)
        warehouse.register(
            "posts",
            repeated.select([layout.TEXT, layout.TOPIC]).append_column(layout.POST_ID, ids),
        )
        warehouse.register("post_history", pa.table({layout.POST_ID: ids, "views": ids}))
        rows = FeatureRows(numbers, features)
        for path, data in post_files(warehouse, rows, vectors, of_block):
            if path == layout.POSTS:
                file.write_bytes(data)
            else:
                seen.see(data, path)
    return seen


def _repeated(table: pa.Table, column: str, count: int) -> npt.NDArray[np.float32]:
    """float32 [count, width]: the lists of a column, again and again."""
    lists = table[column].combine_chunks()
    matrix = lists.values.to_numpy(zero_copy_only=False).reshape(len(table), -1)
    return np.asarray(np.resize(matrix, (count, matrix.shape[1])), np.float32)
