"""The variables of the environment, from the code that reads them.

What the function is told is in the docstring of its settings; elsewhere a variable is a constant
whose docstring begins with "The variable that".
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from handler.settings import Settings
from tools.reference.docstrings import attributes
from tools.reference.markdown import table

PROJECT = Path(__file__).resolve().parents[2]

_HEAD = """\
# Settings

The variables of the environment that the programs read; made from the code by `make reference`.
What is said on the command line comes first: [the command lines](cli.md). In the
[stack](stack.md#parameters), parameters stand for those of the function.

## The function

Read when it starts; it does not start with a value that cannot be.

"""
_TRAINING = """
## Training

All are texts. What an address of PostgreSQL leaves out, such as a password,
[libpq's own variables](https://www.postgresql.org/docs/current/libpq-envars.html) may say.

"""
_STORES = """
## Releases and their stores

Read by whatever opens a store: training, `python -m artifacts` and the function. All are texts.
Without those of AWS, credentials and region are found as
[boto3 finds them](https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html).

"""
_FUNCTION = re.compile(r"([A-Z_]+), (.*)")
_ANNOUNCED = "The variable that "
_TYPES = {"str": "text", "Fraction": "number", "float": "number", "bool": "`on` or `off`"}


def page() -> str:
    """docs/reference/settings.md."""
    return (
        _HEAD
        + table(("variable", "type", "default", ""), _of_function())
        + _TRAINING
        + table(("variable", ""), variables("train"))
        + _STORES
        + table(("variable", ""), variables("artifacts"))
    )


def _of_function() -> Iterator[tuple[str, ...]]:
    told = attributes(Settings)
    defaults = {field.name: field.default for field in fields(Settings)}
    for name, text in told.items():
        found = _FUNCTION.fullmatch(text)
        if found is None:
            raise ValueError(f"Settings.{name} is not told as 'VARIABLE, meaning'")
        kind = Settings.__annotations__[name]
        default = _written(defaults[name])
        yield f"`{found[1]}`", _type(kind), f"`{default}`" if default else "—", found[2].rstrip(".")


def _type(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return ", ".join(f"`{member}`" for member in kind)
    return _TYPES[kind.__name__]


def _written(default: object) -> str:
    match default:
        case bool():
            return "on" if default else "off"
        case str() | int() | float() | Fraction():
            return str(default)
        case _:
            return ""


def variables(room: str) -> list[tuple[str, str]]:
    """The variables that constants of a room name, and what their docstrings say of them."""
    found: dict[str, str] = {}
    for file in sorted((PROJECT / room).rglob("*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for constant, said in pairwise(body):
            match constant, said:
                case (
                    ast.Assign(value=ast.Constant(value=str(name))),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if text.startswith(_ANNOUNCED):
                    found[f"`{name}`"] = text.removeprefix(_ANNOUNCED).rstrip(".")
    return list(found.items())
