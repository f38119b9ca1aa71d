"""The tables as they are in the source, column by column."""

from artifacts.manifest import Dropped
from train.inspect.result import Column, TableFacts
from train.source.tables import TABLES, Family, Table, TableNames
from train.warehouse import Warehouse

# Missing, different, least and greatest. An empty text is none, as it is in CSV.
_COUNTED: dict[Family, str] = {
    "integer": """count(*) - count("{0}"), count(DISTINCT "{0}"),
        min("{0}"::BIGINT)::VARCHAR, max("{0}"::BIGINT)::VARCHAR""",
    "text": """count(*) - count(nullif("{0}"::VARCHAR, '')),
        count(DISTINCT nullif("{0}"::VARCHAR, '')), NULL, NULL""",
    # Nearly every row has a time of its own: to count them would take as much memory as the rows.
    "timestamp": """count(*) - count("{0}"), NULL,
        date_trunc('second', min(network_time("{0}")))::VARCHAR,
        date_trunc('second', max(network_time("{0}")))::VARCHAR""",
}


def table_facts(
    warehouse: Warehouse, names: TableNames, dropped: tuple[Dropped, ...]
) -> tuple[TableFacts, ...]:
    """Of the three tables.

    Args:
        warehouse: has their raw views, whose columns were checked, and knows the network's clock.
        names: how the source calls them.
        dropped: what was left out of all.
    """
    return tuple(
        TableFacts(
            names.of(table),
            warehouse.query(f'SELECT count(*) FROM "raw_{table.name}"')[0][0],  # noqa: S608 - our own names
            _columns(warehouse, table),
            tuple(entry for entry in dropped if entry.table == names.of(table)),
        )
        for table in TABLES
    )


def _columns(warehouse: Warehouse, table: Table) -> tuple[Column, ...]:
    counted = ", ".join(_COUNTED[family].format(column) for column, family in table.columns.items())
    found = warehouse.query(f'SELECT {counted} FROM "raw_{table.name}"')[0]  # noqa: S608 - our own names
    of_each = [found[start : start + 4] for start in range(0, len(found), 4)]
    return tuple(
        Column(column, family, *facts)
        for (column, family), facts in zip(table.columns.items(), of_each, strict=True)
    )
