"""The manifest: what a release is, what it was made from, what it proves, and its files."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, NaiveDatetime, WithJsonSchema, model_validator

from artifacts.document import Document, Part, ReleaseId, UtcDatetime
from artifacts.errors import BrokenRelease
from artifacts.keys import checked_key
from artifacts.layout import MANIFEST, POSTS, RANKER, SIGNATURE, users_file
from artifacts.proofs import Count, Evaluation, Exactness, FirstStage, Gate, LearningCurve

LocalDatetime = Annotated[
    NaiveDatetime, WithJsonSchema({"type": "string", "format": "date-time-local"})
]
"""A time by the network's own clock."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _without_password(source: str) -> str:
    if urlsplit(source).password is not None or re.search(r"password\s*=", source, re.IGNORECASE):
        raise ValueError("holds a password, and a manifest is read by many")
    return source


class FileEntry(Part):
    """One file of the release.

    Attributes:
        path: Its place in the release's folder.
        sha256: Of its bytes, in hex.
        size: Bytes.
    """

    path: Annotated[str, AfterValidator(checked_key)]
    sha256: Sha256
    size: Count


class Dropped(Part):
    """Rows of the source that were left out.

    Attributes:
        table: Of which table.
        reason: Why.
        rows: How many.
    """

    table: str
    reason: str
    rows: Count


class DataFacts(Part):
    """What the release was made from.

    Attributes:
        source: A folder or a URL, never with a password.
        since: Time of the first view used, by the network's own clock.
        until: The cut-off: nothing from this moment on was known.
        readers: How many were used.
        posts: How many were used.
        views: How many were used.
        likes: How many were used.
        dropped: What was left out of the source.
        digest: The sha256 of the tables without it, in any order of rows; older manifests have
            none.
    """

    source: Annotated[str, AfterValidator(_without_password)]
    since: LocalDatetime
    until: LocalDatetime
    readers: Count
    posts: Count
    views: Count
    likes: Count
    dropped: tuple[Dropped, ...] = ()
    digest: Sha256 | None = None


class Code(Part):
    """What made the release.

    Attributes:
        version: Of Lenta.
        commit: Of Lenta; None where it is not known.
        python: Its version.
        libraries: Their names and versions.
    """

    version: str
    commit: str | None = None
    python: str
    libraries: dict[str, str]


class Stage(Part):
    """What a part of the run cost.

    Attributes:
        name: What was done.
        seconds: How long it took.
        peak_memory: Bytes, the most that the process had held by its end.
    """

    name: str
    seconds: Annotated[float, Field(ge=0)]
    peak_memory: Count


class Features(Part):
    """Names of the columns of the readers' and posts' feature rows, and of the model's inputs.

    Attributes:
        topics: In the order of their numbers in a post's row.
        reader: Columns of a reader's row.
        post: Columns of a post's row.
        model: Inputs of the model.
    """

    topics: tuple[str, ...]
    reader: tuple[str, ...]
    post: tuple[str, ...]
    model: tuple[str, ...]


class ManifestDraft(Part):
    """What the trainer knows of a release before it is published.

    Attributes:
        parent: The release this one was made from, if any.
        trained_in: The release whose run made the model, with its exactness and evaluation, if this
            one has only newer features.
        timezone: The network's own clock, as an IANA name.
        recipe: The sha256 of all that decides the release, the clean tables in any order, the
            settings, the program, its libraries: of two with the same, one is superfluous.
        data: What it was made from.
        features: The names of the columns.
        user_shards: Number of files the readers are spread over.
        evaluation: How good it is.
        learning_curve: How many readers the model was made from, and why.
        exactness: Whether the graph equals the LightGBM model.
        gate: Whether it is good enough to be promoted.
        code: What made it.
        first_stage: How candidates are found; None where every post is scored without having
            tried, the catalogue being small.
        stages: Those before the publishing.
    """

    parent: ReleaseId | None = None
    trained_in: ReleaseId | None = None
    recipe: Sha256
    timezone: Annotated[str, Field(min_length=1)]
    data: DataFacts
    features: Features
    user_shards: Annotated[int, Field(ge=1)]
    evaluation: Evaluation
    learning_curve: LearningCurve | None = None
    exactness: Exactness
    first_stage: FirstStage | None = None
    gate: Gate
    stages: tuple[Stage, ...] = ()
    code: Code


class Manifest(ManifestDraft, Document):
    """A published release.

    Attributes:
        release: The release's id; sorts by time.
        created_at: When it was published.
        files: All its files but the manifest and its signature: the ranker, the posts, every shard
            of readers, and whatever else was published with them.
    """

    release: ReleaseId
    created_at: UtcDatetime
    files: tuple[FileEntry, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problem = files_problem([entry.path for entry in self.files], self.user_shards)
        if problem:
            raise ValueError(problem)
        return self

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.files)

    def file(self, path: str) -> FileEntry:
        """The entry of a file.

        Raises:
            BrokenRelease: the release has no such file.
        """
        found = self._by_path.get(path)
        if found is None:
            raise BrokenRelease(f"release {self.release} has no file {path}")
        return found

    @cached_property
    def _by_path(self) -> dict[str, FileEntry]:
        # There may be thousands, and each call may ask for five.
        return {entry.path: entry for entry in self.files}


def files_problem(paths: Sequence[str], user_shards: int) -> str | None:
    """What is wrong with the list of a release's files, or None."""
    twice = [path for path, times in Counter(paths).items() if times > 1]
    if twice:
        return f"{twice[0]} is listed twice"
    for name in (MANIFEST, SIGNATURE):
        if name in paths:
            return f"{name} cannot be one of the files it lists"
    needed = [RANKER, POSTS, *map(users_file, range(user_shards))]
    missing = sorted(set(needed) - set(paths))
    if missing:
        return f"{len(missing)} of the {len(needed)} files it needs are missing, first {missing[0]}"
    return None
