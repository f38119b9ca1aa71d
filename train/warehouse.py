"""The run's own DuckDB database: where the tables are cleaned and the features are made."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.errors import WorkError

_BATCH = 10_000


class Warehouse:
    """A DuckDB database in a folder, which also takes what does not fit into memory.

    Args:
        folder: where the database and its spill files lie; made if it is not there.
        memory_limit: the most memory DuckDB may take, such as "4GB".
        threads: how many it may use; by default one a core.
        timed: told each script and its seconds.

    Raises:
        WorkError: the folder cannot be used, or the limit is none.
    """

    def __init__(
        self,
        folder: Path,
        memory_limit: str = "4GB",
        threads: int | None = None,
        timed: Callable[[str, float], None] | None = None,
    ) -> None:
        self.folder = folder
        self._timed = timed
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = duckdb.connect(
                str(folder / "warehouse.duckdb"),
                config={
                    "memory_limit": memory_limit,
                    "temp_directory": str(folder / "spill"),
                    "preserve_insertion_order": False,
                    **({"threads": threads} if threads else {}),
                },
            )
        except OSError as error:
            raise WorkError(f"the work folder {folder} cannot be made: {error.strerror}") from error
        except duckdb.ParserException as error:
            raise WorkError(
                f"--memory {memory_limit} is no amount of memory, as 4GB is: "
                f"{str(error).splitlines()[0]}"
            ) from error
        except duckdb.IOException as error:
            raise WorkError(
                f"the work folder {folder} cannot be used, perhaps since another run is at it: "
                f"{str(error).splitlines()[0]}"
            ) from error
        self.run("macros")

    def close(self) -> None:
        """Close the database; its files stay."""
        self._database.close()

    def run(self, script: str, **variables: object) -> None:
        """Run `train/sql/<script>.sql`, with `variables` for its `getvariable('…')`."""
        self.set(**variables)
        began = time.monotonic()
        self._database.execute(files("train.sql").joinpath(f"{script}.sql").read_text())
        if self._timed:
            self._timed(script, time.monotonic() - began)

    def set(self, **variables: object) -> None:
        """Set what `getvariable('…')` gives."""
        for name, value in variables.items():
            self._database.execute(f"SET VARIABLE {name} = $value", {"value": value})

    def query(self, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a short query, with `parameters` for its `$name`."""
        return self._database.execute(sql, parameters or None).fetchall()

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table or view: name to DuckDB type, in order."""
        return {str(row[0]): str(row[1]) for row in self.query(f'DESCRIBE "{table}"')}

    def arrays(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """A query's columns as numpy arrays of equal length; NULL numbers come as NaN."""
        columns = self._database.execute(sql).fetchnumpy()
        return {name: np.ma.filled(column, np.nan) for name, column in columns.items()}

    def arrow(self, sql: str) -> pa.Table:
        """A query's result as an Arrow table."""
        return self._database.sql(sql).to_arrow_table()

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """A query's result piece by piece; other queries may be made meanwhile."""
        found: pa.RecordBatchReader = self._database.cursor().sql(sql).to_arrow_reader(_BATCH)
        yield from found

    def register(self, name: str, table: object) -> None:
        """Store an Arrow table under `name`, in place of what was there."""
        self._database.register("arriving", table)
        self._database.execute(f'CREATE OR REPLACE TABLE "{name}" AS FROM arriving')
        self._database.unregister("arriving")

    def insert(self, name: str, row: Sequence[object]) -> None:
        """Add one row to a table that has its columns."""
        places = ", ".join("?" * len(row))
        statement = f'INSERT INTO "{name}" VALUES ({places})'  # noqa: S608 - our own names
        self._database.execute(statement, list(row))

    def append(self, name: str, table: object) -> None:
        """Add an Arrow table's rows to a table that has its columns."""
        self._database.register("arriving", table)
        self._database.execute(f'INSERT INTO "{name}" FROM arriving')
        self._database.unregister("arriving")


def literals(paths: Iterable[object]) -> str:
    """Paths as SQL's quoted texts: a view or a table function takes no parameters."""
    return ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
