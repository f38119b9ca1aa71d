"""The stack with the defaults of its parameters."""

import pytest

from tests.support.stack import Stack, stack


@pytest.fixture(scope="session")
def default() -> Stack:
    """What `sam deploy` makes of the template when it is told nothing."""
    return stack()
