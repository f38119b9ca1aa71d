"""The small release with its texts in files of their own."""

import pyarrow as pa

from tests.handler import small

EACH = 8
"""Posts of a file."""
FILES = -(-len(small.POSTS) // EACH)


def text_of(post: int) -> str:
    return f"Пост № {post}"


def file_of(post: int) -> str:
    return path(small.POSTS.index(post) // EACH)


def path(number: int) -> str:
    return f"texts/{number:05d}.parquet"


def texts(number: int) -> dict[str, pa.Array]:
    posts = small.POSTS[number * EACH : (number + 1) * EACH]
    return {"post_id": pa.array(posts, pa.int64()), "text": pa.array(map(text_of, posts))}


def posts_columns() -> dict[str, pa.Array]:
    columns = small.posts_columns()
    del columns["text"]
    numbers = [row // EACH for row in range(len(small.POSTS))]
    return {**columns, "text_file": pa.array(numbers, pa.int32())}


def files() -> dict[str, bytes]:
    """Instead of those of `small.put`."""
    return {
        "posts.parquet": small.parquet(posts_columns()),
        **{path(number): small.parquet(texts(number)) for number in range(FILES)},
    }
