"""`make bench`."""

from tools.bench import reading, requests
from tools.bench.table import report

for measure in (requests.measure, reading.measure):
    report(measure())
