"""The three tables of a source, by the network's own names."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["integer", "text", "timestamp"]
"""What a column must hold. Any width of integer will do, and any kind of text."""


@dataclass(frozen=True)
class Table:
    """One table: its name in the network's schema and the columns that are read."""

    name: str
    columns: dict[str, Family]


USER_DATA = Table(
    "user_data",
    {
        "user_id": "integer",
        "gender": "integer",
        "age": "integer",
        "country": "text",
        "city": "text",
        "exp_group": "integer",
        "os": "text",
        "source": "text",
    },
)
POST_TEXT_DF = Table("post_text_df", {"post_id": "integer", "text": "text", "topic": "text"})
FEED_DATA = Table(
    "feed_data",
    {
        "timestamp": "timestamp",
        "user_id": "integer",
        "post_id": "integer",
        "action": "text",
        "target": "integer",
    },
)
TABLES = (USER_DATA, POST_TEXT_DF, FEED_DATA)


@dataclass(frozen=True)
class TableNames:
    """How a source calls the tables. `schema` matters to PostgreSQL alone."""

    user_data: str = USER_DATA.name
    post_text_df: str = POST_TEXT_DF.name
    feed_data: str = FEED_DATA.name
    schema: str = "public"

    def of(self, table: Table) -> str:
        """The source's name of `table`."""
        return str(getattr(self, table.name))
