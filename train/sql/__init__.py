"""The SQL of the run: each file is one step over the warehouse's tables."""
