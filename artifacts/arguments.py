"""The command line's arguments."""

import argparse

from pydantic import ValidationError

from artifacts.channel import CONTROL, Arm
from artifacts.collect import KEEP
from artifacts.document import explain
from artifacts.errors import InvalidExperiment
from artifacts.layout import PRODUCTION


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--store", required=True, help="s3://bucket/prefix or a folder")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", metavar="ID|CHANNEL", help="a release, or what a channel serves")

    whole = argparse.ArgumentParser(prog="artifacts", description="Releases and their stores.")
    commands = whole.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="all releases, oldest first")
    show = commands.add_parser("show", parents=[named, common], help="what a release is")
    show.add_argument("--json", action="store_true", help="the manifest as it is stored")
    commands.add_parser("verify", parents=[named, common], help="read and check every file")
    moving = argparse.ArgumentParser(add_help=False, parents=[common])
    moving.add_argument(
        "--channel",
        default=PRODUCTION,
        metavar="NAME",
        help="which channel is moved (default: %(default)s)",
    )
    forced = argparse.ArgumentParser(add_help=False)
    forced.add_argument(
        "--force", type=_reason, metavar="REASON",
        help="serve it though its gate failed; the channel keeps the reason",
    )  # fmt: skip
    promote = commands.add_parser("promote", parents=[moving, forced], help="serve a release")
    promote.add_argument("release", metavar="ID", help="of the release")
    commands.add_parser("rollback", parents=[moving], help="serve what was served before")
    experiment = commands.add_parser(
        "experiment", parents=[moving, forced], help="serve other releases to some readers"
    )
    experiment.add_argument("name", metavar="NAME", help="of the experiment")
    experiment.add_argument(
        "--arm", action="append", required=True, type=_share, metavar="NAME=ID:SHARE",
        help=f"an arm besides {CONTROL!r}, to which the rest of the readers belong",
    )  # fmt: skip
    experiment.add_argument(
        "--explore", action="append", default=[], type=_temperature, metavar="NAME=TEMPERATURE",
        help="an arm whose feeds are drawn by Plackett-Luce, and not ordered by scores",
    )  # fmt: skip
    collect = commands.add_parser("collect", parents=[common], help="remove what nothing needs")
    collect.add_argument(
        "--keep", type=_count, default=KEEP, metavar="N",
        help="keep the last N promotions of each channel (default: %(default)s)",
    )  # fmt: skip
    collect.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    return whole


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why")
    return text.strip()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def _share(text: str) -> tuple[str, str, float]:
    """The name, the release and the share of `name=release:share`."""
    name, _, rest = text.partition("=")
    release, _, share = rest.rpartition(":")
    try:
        return name, release, float(share)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=ID:SHARE") from None


def _temperature(text: str) -> tuple[str, float]:
    name, _, temperature = text.partition("=")
    try:
        return name, float(temperature)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=TEMPERATURE") from None


def arms(shares: list[tuple[str, str, float]], explore: list[tuple[str, float]]) -> list[Arm]:
    """The arms of --arm, with the temperatures of --explore.

    Raises:
        InvalidExperiment: they are none.
    """
    temperatures = dict(explore)
    strange = sorted(set(temperatures) - {name for name, _, _ in shares})
    if strange:
        raise InvalidExperiment(f"--explore {strange[0]}: there is no such arm")
    try:
        return [
            Arm(name=name, release=release, share=share, temperature=temperatures.get(name, 0))
            for name, release, share in shares
        ]
    except ValidationError as error:
        raise InvalidExperiment(f"--arm: {explain(error)}") from error
