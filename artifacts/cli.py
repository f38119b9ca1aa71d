"""The command line: list, show, verify and promote releases."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from artifacts import display
from artifacts.channel import Channel, list_channels, promote, read_channel
from artifacts.errors import ArtifactError, InvalidAddress, NotFound, StoreUnavailable
from artifacts.layout import PRODUCTION, is_release_id
from artifacts.manifest import Manifest
from artifacts.release import Release, list_releases, open_release, verify
from artifacts.stores import ObjectStore, open_store

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
UNAVAILABLE = 4

# Wide enough for every column where there is no terminal to fit into, as in a pipe or a log.
_PIPE_WIDTH = 200


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        store = open_store(arguments.store)
        match arguments.command:
            case "list":
                return _list(store, arguments.store)
            case "show":
                return _show(store, arguments.name, as_json=arguments.json)
            case "verify":
                return _verify(store, arguments.name)
            case _:
                return _promote(store, arguments.release, arguments.channel, arguments.force)
    except ArtifactError as error:
        print(f"artifacts: {error}", file=sys.stderr)
        return _exit_code(error)


def _exit_code(error: ArtifactError) -> int:
    match error:
        case InvalidAddress():
            return USAGE
        case NotFound():
            return NOT_FOUND
        case StoreUnavailable():
            return UNAVAILABLE
        case _:
            return FAILED


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--store", required=True, help="s3://bucket/prefix or a folder")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", metavar="ID|CHANNEL", help="a release, or what a channel serves")

    parser = argparse.ArgumentParser(prog="artifacts", description="Releases and their stores.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="all releases, oldest first")
    show = commands.add_parser("show", parents=[named, common], help="what a release is")
    show.add_argument("--json", action="store_true", help="the manifest as it is stored")
    commands.add_parser("verify", parents=[named, common], help="read and check every file")
    promote = commands.add_parser("promote", parents=[common], help="serve a release")
    promote.add_argument("release", metavar="ID")
    promote.add_argument("--channel", default=PRODUCTION, help=f"default: {PRODUCTION}")
    promote.add_argument(
        "--force", type=_reason, metavar="REASON",
        help="serve it though its gate failed; the channel's history keeps the reason",
    )  # fmt: skip
    return parser


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why")
    return text.strip()


def _list(store: ObjectStore, url: str) -> int:
    releases = [(release, _manifest_or_error(store, release)) for release in list_releases(store)]
    if not releases:
        print(f"no releases in {url}")
        return OK
    channels, problems = _channels(store)
    problems += [manifest for _, manifest in releases if isinstance(manifest, ArtifactError)]
    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(display.table(releases, channels))
    for problem in problems:
        print(f"artifacts: {problem}", file=sys.stderr)
    return OK


def _show(store: ObjectStore, name: str, *, as_json: bool) -> int:
    for release in _named(store, name):
        manifest = release.manifest
        print(manifest.to_json().decode() if as_json else display.text(manifest), end="")
    return OK


def _verify(store: ObjectStore, name: str) -> int:
    exit_code = OK
    for release in _named(store, name):
        manifest = release.manifest
        problems = verify(release)
        for problem in problems:
            print(f"artifacts: {problem}", file=sys.stderr)
        if problems:
            exit_code = FAILED
        else:
            size = display.size(manifest.size)
            print(f"{manifest.release} is whole: {len(manifest.files)} files, {size}")
    return exit_code


def _promote(store: ObjectStore, release: str, channel: str, force: str | None) -> int:
    moved = promote(store, release, channel, force=force)
    print(f"{channel} serves {release} since {moved.updated_at:%Y-%m-%d %H:%M:%S} UTC")
    return OK


def _named(store: ObjectStore, name: str) -> list[Release]:
    """The release of that id, or the releases a channel serves."""
    if is_release_id(name):
        return [open_release(store, name)]
    channel = read_channel(store, name)
    if channel is None:
        raise NotFound(f"there is no release or channel {name}")
    return [open_release(store, arm.release) for arm in channel.arms]


def _manifest_or_error(store: ObjectStore, release: str) -> Manifest | ArtifactError:
    try:
        return open_release(store, release).manifest
    except StoreUnavailable:
        raise
    except ArtifactError as error:
        return error


def _channels(store: ObjectStore) -> tuple[list[Channel], list[ArtifactError]]:
    """The readable channels, and what is wrong with the others."""
    channels, problems = [], []
    for name in list_channels(store):
        try:
            channel = read_channel(store, name)
        except StoreUnavailable:
            raise
        except ArtifactError as error:
            problems.append(error)
        else:
            if channel:
                channels.append(channel)
    return channels, problems
