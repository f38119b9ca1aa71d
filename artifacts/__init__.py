"""What a release is, and the object stores that keep releases."""
