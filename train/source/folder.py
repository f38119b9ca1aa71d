"""A source that is a folder with the three tables as Parquet or CSV files."""

from pathlib import Path

import pyarrow as pa

from train.errors import SourceError
from train.source.tables import FEED_DATA, TABLES, TableNames
from train.warehouse import Warehouse, literals


def read_folder(warehouse: Warehouse, folder: Path, names: TableNames) -> None:
    """Make the views `raw_user_data`, `raw_post_text_df` and `raw_feed_data` over the files.

    CSV needs a header line; its columns all come as text, so that a value of the wrong type is
    reported and not guessed around.

    Raises:
        SourceError: the folder or a file is missing, is there twice, or cannot be read.
    """
    if not folder.is_dir():
        raise SourceError(f"the source {folder} is not a folder")
    for table in TABLES:
        add_file(warehouse, table.name, _find(folder, names.of(table)))


def add_file(warehouse: Warehouse, table: str, path: Path) -> None:
    """Make the view `raw_<table>` over one Parquet or CSV file; of the feed, `feed_files` too.

    Raises:
        SourceError: the file cannot be read.
    """
    reader = (
        "read_parquet($path)"
        if path.suffix == ".parquet"
        else "read_csv($path, header = true, all_varchar = true, quote = '\"', escape = '\"')"
    )
    rows = reader.replace("$path", literals([path.resolve()]))
    try:
        warehouse.query(f'CREATE OR REPLACE VIEW "raw_{table}" AS FROM {rows}')
        if table == FEED_DATA.name:
            warehouse.register("feed_files", pa.table({"path": [str(path.resolve())]}))
    except Exception as error:
        raise SourceError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error


def _find(folder: Path, name: str) -> Path:
    found = [path for end in (".parquet", ".csv") if (path := folder / f"{name}{end}").is_file()]
    if not found:
        raise SourceError(f"{folder} has neither {name}.parquet nor {name}.csv")
    if len(found) > 1:
        raise SourceError(f"{folder} has both {name}.parquet and {name}.csv: which is meant?")
    return found[0]
