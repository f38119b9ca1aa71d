"""A private PostgreSQL, for the tests."""
