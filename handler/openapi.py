"""Prints the API's description: `python -m handler.openapi > docs/reference/openapi.json`."""

import json

from handler.api import create_app
from handler.settings import Settings


def description() -> str:
    """The OpenAPI document as it is committed."""
    return json.dumps(create_app(Settings(store="")).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(description(), end="")
