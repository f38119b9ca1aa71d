"""The function: answers from a release."""
