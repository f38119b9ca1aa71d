"""The pages that say what the code says: `python -m tools.reference` writes them.

Commands come from their parsers, settings from the settings' docstrings, and the manifest from its
models. The API's description is `handler.openapi`'s.
"""

import argparse
import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from unittest import mock

from pydantic import BaseModel

from artifacts import arguments as artifacts_arguments
from artifacts.manifest import Manifest
from artifacts.signature import VERIFY_KEYS
from artifacts.signing import SIGNING_KEY
from handler import __main__ as handler_main
from handler.settings import Settings
from train import arguments as train_arguments
from train.experiment.command import KEY_VARIABLE
from train.tracking.tracker import EXPERIMENT_VARIABLE
from train.tracking.tracker import VARIABLE as TRACKING_VARIABLE

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
SCHEMA = "manifest.schema.json"

_WIDTH = "100"
_ATTRIBUTES = re.compile(r"^Attributes:\n((?: {4}.*\n?|\n)*)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_VARIABLE = re.compile(r"([A-Z][A-Z_]+)(?:, )?(.*)", re.DOTALL)

_NAMES = {str: "text", int: "whole number", float: "number", bool: "yes or no", NoneType: "null"}

_SHARED = {
    train_arguments.SOURCE_VARIABLE: "`train`'s `--source`, where it is not said",
    train_arguments.STORE_VARIABLE: "`train`'s `--store`, where it is not said",
    train_arguments.ARCHIVE_VARIABLE: "`train`'s `--archive`, where it is not said",
    SIGNING_KEY: "what `train` signs releases with: a PEM file or an ARN of AWS KMS",
    VERIFY_KEYS: "whose signatures are trusted by the function, `train` and `artifacts`",
    KEY_VARIABLE: "`train experiment`: what the function has hashed readers' ids with",
    TRACKING_VARIABLE: "where `train` keeps figures, settings and reports, if they are to be kept",
    EXPERIMENT_VARIABLE: "in which experiment, `lenta` if it is not set",
    "AWS_ENDPOINT_URL_S3": "another S3 server than Amazon's; `AWS_ENDPOINT_URL` if it is not set",
    "AWS_CA_BUNDLE": "a file of certificates to trust beside the system's",
    "AWS_REGION": "of the bucket; `AWS_DEFAULT_REGION`, or boto3's profile, if it is not set",
    "AWS_ACCESS_KEY_ID": "with `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: the credentials, "
    "else those that boto3 finds",
}


def cli() -> str:
    """Every command with its options, as `--help` tells them."""
    text = "# Commands\n\nAs `--help` tells them. Each room is a program: `python -m train`, "
    text += "`python -m artifacts` and `python -m handler`.\n"
    with mock.patch.dict(os.environ, {"COLUMNS": _WIDTH}):
        for name, parser in (
            ("train", train_arguments.parser()),
            ("artifacts", artifacts_arguments.parser()),
            ("handler", handler_main.parser()),
        ):
            for title, each in _commands(f"python -m {name}", parser):
                text += f"\n## `{title}`\n\n```text\n{each.format_help().rstrip()}\n```\n"
    return text


def settings() -> str:
    """The environment variables of all rooms."""
    text = "# Settings\n\nThe rooms are told by environment variables what differs between "
    text += "deployments. In [the stack](stack.md) the template sets those of the function.\n\n"
    text += "## The function\n\n| variable | unless set | |\n|---|---|---|\n"
    defaults = Settings(store="")
    for name, told in _attributes(Settings).items():
        found = _VARIABLE.fullmatch(told.rstrip("."))
        if found is None:
            raise ValueError(f"Settings.{name} does not say which variable it is")
        text += f"| `{found[1]}` | {_default(getattr(defaults, name))} | {found[2]} |\n"
    text += "\n## All rooms\n\n| variable | |\n|---|---|\n"
    return text + "".join(f"| `{name}` | {told} |\n" for name, told in _SHARED.items())


def manifest() -> str:
    """The fields of a manifest, part by part."""
    text = "# The manifest\n\n`manifest.json` of [a release](release-format.md), as JSON; "
    text += f"[the same as a JSON schema]({SCHEMA}).\n"
    for model in _parts(Manifest):
        said = inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
        meant = {
            name: told
            for each in reversed(model.__mro__)
            if issubclass(each, BaseModel)
            for name, told in _attributes(each).items()
        }
        text += f"\n## {model.__name__}\n\n{said}\n\n| field | type | |\n|---|---|---|\n"
        for name, field in model.model_fields.items():
            text += f"| `{name}` | {_type(field.annotation)} | {meant.get(name, '')} |\n"
    return text


def schema() -> str:
    """The JSON schema of a manifest."""
    return json.dumps(Manifest.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES = {"cli.md": cli, "settings.md": settings, "manifest.md": manifest, SCHEMA: schema}


def _commands(
    title: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    # argparse has no other way to its commands: https://github.com/python/cpython/issues/57003
    nested = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]  # noqa: SLF001 - see above
    if not nested:
        yield title, parser
    for action in nested:
        for name, command in action.choices.items():
            yield from _commands(f"{title} {name}", command)


def _attributes(described: type) -> dict[str, str]:
    """What a class's own docstring says of its attributes."""
    found = _ATTRIBUTES.search(inspect.cleandoc(vars(described).get("__doc__") or "") + "\n")
    told = _ATTRIBUTE.findall(found[1]) if found else []
    return {name: re.sub(r"\s+", " ", text) for name, text in told}


def _default(value: object) -> str:
    if value == "":
        return "—"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{value}`"


def _type(annotation: Any) -> str:  # noqa: ANN401, PLR0911 - a type, of any form; a line a kind
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return _type(parts[0])
    if kind in {Union, UnionType}:
        return " or ".join(map(_type, parts))
    if kind is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if kind is tuple:
        return f"list of {_type(parts[0])}"
    if kind is dict:
        return f"object of {_type(parts[1])}"
    if issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _NAMES.get(annotation, "time")


def _parts(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> list[Any]:
    """A model and all that it is made of, each once."""
    seen = set() if seen is None else seen
    if model in seen:
        return []
    seen.add(model)
    found: list[Any] = [model]
    for field in model.model_fields.values():
        for each in _inside(field.annotation):
            found += _parts(each, seen)
    return found


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type, of any form
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def main() -> None:
    """Write the pages."""
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
