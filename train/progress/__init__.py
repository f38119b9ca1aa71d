"""What a run says of itself while it works: to a person in a terminal, or a line an event."""

from train.progress.base import Log, Progress, Silent
from train.progress.choose import open_log

__all__ = ["Log", "Progress", "Silent", "open_log"]
