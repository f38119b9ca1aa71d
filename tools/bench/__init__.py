"""Measurements: `make bench`. Each prints a table and writes it as JSON to `.bench/`."""
