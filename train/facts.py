"""What a release was made from, as its manifest says it."""

from artifacts.manifest import DataFacts, Dropped
from train.warehouse import Warehouse


def data_facts(
    warehouse: Warehouse, source: str, dropped: tuple[Dropped, ...], digest: str
) -> DataFacts:
    """Count what the run has used.

    Args:
        warehouse: has clean tables and `feed_facts`.
        source: where they came from, without a password.
        dropped: what was left out of them.
        digest: of the clean tables.
    """
    since, until, views, likes, readers, posts = warehouse.query(
        """
        SELECT since, until, views, likes,
            (SELECT count(*) FROM readers), (SELECT count(*) FROM posts)
        FROM feed_facts
        """
    )[0]
    return DataFacts(
        source=source,
        since=since,
        until=until,
        readers=readers,
        posts=posts,
        views=views,
        likes=likes,
        dropped=dropped,
        digest=digest,
    )
