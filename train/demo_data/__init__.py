"""Generated tables that look and behave like the network's own.

`write` makes readers, posts and a feed of views and likes, into a folder of Parquet files or a
PostgreSQL database; `oracle.Oracle` tells the true like probabilities behind them.
docs/demo-data.md compares the generated figures with the network's.
"""

from train.demo_data.generate import Summary, write
from train.demo_data.plan import DemoDataError

__all__ = ["DemoDataError", "Summary", "write"]
