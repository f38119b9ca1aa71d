"""An S3 server speaking HTTP, for the tests."""
