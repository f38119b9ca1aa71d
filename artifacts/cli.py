"""The command line: look at releases, say which are served, remove the rest."""

import sys
from argparse import Namespace
from collections.abc import Sequence

from rich.console import Console

from artifacts import display, experiment
from artifacts.arguments import arms, parser
from artifacts.channel import Channel, list_channels, read_channel
from artifacts.collect import collect, garbage
from artifacts.errors import (
    ArtifactError,
    InvalidAddress,
    InvalidExperiment,
    InvalidKey,
    NotFound,
    StoreUnavailable,
)
from artifacts.layout import is_release_id
from artifacts.manifest import Manifest
from artifacts.moves import promote, rollback
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
    arguments = parser().parse_args(argv)
    try:
        store = open_store(arguments.store)
        match arguments.command:
            case "list":
                return _list(store, arguments.store)
            case "show":
                return _show(store, arguments.name, as_json=arguments.json)
            case "verify":
                return _verify(store, arguments.name)
            case "collect":
                return _collect(store, arguments.keep, dry_run=arguments.dry_run)
            case _:
                print(display.served(_moved(store, arguments)))
                return OK
    except ArtifactError as error:
        print(f"artifacts: {error}", file=sys.stderr)
        return _exit_code(error)


def _moved(store: ObjectStore, arguments: Namespace) -> Channel:
    match arguments.command:
        case "rollback":
            return rollback(store, arguments.channel)
        case "experiment":
            compared = arms(arguments.arm, arguments.explore)
            return experiment.start(
                store, arguments.name, compared, arguments.channel, force=arguments.force
            )
        case _:
            return promote(store, arguments.release, arguments.channel, force=arguments.force)


def _exit_code(error: ArtifactError) -> int:
    match error:
        case InvalidAddress() | InvalidExperiment() | InvalidKey():
            return USAGE
        case NotFound():
            return NOT_FOUND
        case StoreUnavailable():
            return UNAVAILABLE
        case _:
            return FAILED


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


def _collect(store: ObjectStore, keep: int, *, dry_run: bool) -> int:
    unneeded = garbage(store, keep)
    for one in unneeded if dry_run else collect(store, unneeded):
        kind = "" if one.is_whole else ", left behind by a publisher that died"
        verb = "would remove" if dry_run else "removed"
        print(f"{verb} {one.release}: {len(one.keys)} files{kind}")
    if not unneeded:
        print("nothing to remove")
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
