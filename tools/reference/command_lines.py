"""The command lines, from their parsers."""

import argparse
from collections.abc import Iterator

from artifacts.arguments import parser as artifacts_parser
from handler.__main__ import parser as handler_parser
from tools.reference.markdown import table
from train.arguments import parser as train_parser

_HEAD = """\
# The command lines

Made from the programs by `make reference`. What the commands are for is in the how-to guides:
[look at the data](../how-to/look-at-the-data.md), [train](../how-to/train.md),
[refresh](../how-to/refresh.md), [look after releases](../how-to/releases.md),
[run an experiment](../how-to/run-an-experiment.md), [call the API](../how-to/call-the-api.md).
Defaults that are variables: [settings](settings.md).
"""


def page() -> str:
    """docs/reference/cli.md."""
    parsers = (train_parser(), artifacts_parser(), handler_parser())
    return _HEAD + "".join(_section(parser) for parser in parsers)


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What one may say to a command, but for `--help`."""
    return [action for action in parser._actions if not _is_of_argparse(action)]  # noqa: SLF001 - argparse has no other way to list them


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """The commands of a program: name, what it does, parser."""
    for action in parser._actions:  # noqa: SLF001 - the same
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            helps = {choice.dest: choice.help for choice in action._choices_actions}  # noqa: SLF001 - the same
            for name, command in action.choices.items():
                yield name, helps[name] or "", command


def _section(parser: argparse.ArgumentParser) -> str:
    text = f"\n## python -m {parser.prog}\n\n{parser.description}\n"
    if options(parser):
        text += f"\n{_table(parser)}"
    for name, told, command in commands(parser):
        text += f"\n### {parser.prog} {name}\n\n{told[:1].upper()}{told[1:]}.\n\n{_table(command)}"
    return text


def _table(parser: argparse.ArgumentParser) -> str:
    found = sorted(options(parser), key=lambda action: not action.required)
    rows = [(f"`{_written(action)}`", _told(parser, action)) for action in found]
    return table(("option", ""), rows)


def _written(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return value
    return " ".join([action.option_strings[-1], *([] if action.nargs == 0 else [value])])


def _told(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    told = (action.help or "") % {**vars(action), "prog": parser.prog}
    return f"required: {told}" if action.required else told


def _is_of_argparse(action: argparse.Action) -> bool:
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001 - the same
