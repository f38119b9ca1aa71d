"""What is fitted to the tables before features can be made, and the file that keeps it.

A model relies on it: with another one, the same number in a row of features would mean something
else. So it travels with the model, and features made later for that model are made with it.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.errors import BrokenRelease
from train.features.schema import Schema, schema_for
from train.features.text import DIMENSIONS, TextEncoder, fit_text
from train.warehouse import Warehouse

_FLOATS = ("weights", "directions", "mean")
_PLACE = pa.struct({"kind": pa.string(), "name": pa.string(), "readers": pa.int64()})


@dataclass(frozen=True)
class Encoders:
    """What turns the tables' names and texts into numbers.

    Attributes:
        topics: in the order of their numbers.
        text: makes a vector of a text.
        places: columns `kind` ("country" or "city"), `name` and `readers`: how many there were.
    """

    topics: tuple[str, ...]
    text: TextEncoder
    places: pa.Table

    @property
    def schema(self) -> Schema:
        """Which feature stands where."""
        return Schema(self.topics)


def fit_encoders(warehouse: Warehouse, seed: int) -> Encoders:
    """Fit them to the tables as they are.

    Args:
        warehouse: has `readers` and `posts`.
        seed: of the text vectors.
    """
    posts = warehouse.arrow("SELECT text, topic FROM posts ORDER BY post_id")
    places = warehouse.arrow(
        """
        SELECT 'country' AS kind, country AS name, count(*) AS readers FROM readers
        WHERE country IS NOT NULL GROUP BY ALL
        UNION ALL
        SELECT 'city', city, count(*) FROM readers WHERE city IS NOT NULL GROUP BY ALL
        ORDER BY kind, name
        """
    )
    topics = schema_for(posts["topic"].to_pylist()).topics
    return Encoders(topics, fit_text(posts["text"].to_pylist(), seed), places)


def encoders_file(encoders: Encoders, made_by: str) -> bytes:
    """`encoders.parquet`: one row, since its columns are of different lengths.

    Args:
        encoders: what to keep.
        made_by: a digest of the program that makes the features.
    """
    text = encoders.text
    columns = {
        "made_by": [made_by],
        "topics": pa.array([encoders.topics], pa.list_(pa.string())),
        "words": pa.array([text.words], pa.list_(pa.string())),
        **{
            name: pa.array([getattr(text, name).ravel()], pa.list_(pa.float64()))
            for name in _FLOATS
        },
        "places": pa.array([encoders.places.to_pylist()], pa.list_(_PLACE)),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return bytes(sink.getvalue())


def read_encoders(data: bytes) -> tuple[Encoders, str]:
    """The encoders, and the digest of the program that they were made for.

    Raises:
        BrokenRelease: the bytes are no such file.
    """
    try:
        row = pq.read_table(pa.BufferReader(data)).combine_chunks()
        made_by, topics, words = (row[name][0].as_py() for name in ("made_by", "topics", "words"))
        weights, directions, mean = (row[name][0].values.to_numpy() for name in _FLOATS)
        text = TextEncoder(tuple(words), weights, directions.reshape(len(words), DIMENSIONS), mean)
        places = pa.Table.from_pylist(row["places"][0].as_py(), pa.schema(_PLACE))
        return Encoders(tuple(topics), text, places), made_by
    except (pa.ArrowException, KeyError, IndexError, TypeError, ValueError) as error:
        raise BrokenRelease(f"{layout.ENCODERS} holds no encoders") from error
