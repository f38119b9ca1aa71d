"""The developers' programs: the demo, a private PostgreSQL, the function's package, benchmarks."""
