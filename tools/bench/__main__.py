"""`make bench`."""

from tools.bench import memory, reading, requests
from tools.bench.table import report

for measure in (requests.measure, memory.measure, reading.measure):
    report(measure())
