"""The result of an experiment: what the function showed, and what was liked afterwards."""
