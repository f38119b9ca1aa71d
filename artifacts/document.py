"""The JSON files of a store: strict, immutable, versioned, and with a digest of themselves."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
)

from artifacts.errors import BrokenRelease
from artifacts.layout import RELEASE_ID, is_release_id

_SHOWN = 3

_END = b"\n}\n"
_DIGEST = re.compile(rb',\n  "digest": "([0-9a-f]{64})"\n}\n\Z')


def to_second(now: datetime | None) -> datetime:
    """`now` (aware; the present time if None) in UTC, without the fraction of its second."""
    return (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)


def explain(error: ValidationError) -> str:
    """Say in one sentence what is wrong, without the values: they may be long, or secret."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for one in found:
        if one["loc"] == ("schema_version",):
            return "its schema_version is not 1, the only one this program reads"
    told = [
        f"{'.'.join(map(str, one['loc'])) or 'the document'}: {one['msg']}"
        for one in found[:_SHOWN]
    ]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(told) + more


def _checked_release_id(text: str) -> str:
    if not is_release_id(text):
        raise ValueError("not a release id like 20261124T040500Z-1f2e3d4c")
    return text


def _checked_utc(time: datetime) -> datetime:
    if time.utcoffset() != timedelta(0):
        raise ValueError("not a time in UTC")
    return time.replace(tzinfo=UTC)


ReleaseId = Annotated[
    str,
    AfterValidator(_checked_release_id),
    WithJsonSchema({"type": "string", "pattern": RELEASE_ID, "title": "Release Id"}),
]
UtcDatetime = Annotated[AwareDatetime, AfterValidator(_checked_utc)]


class Part(BaseModel):
    """A part of a document: immutable, no unknown fields, no NaN (JSON has none)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )


class Document(Part):
    """A whole JSON file.

    Attributes:
        schema_version: Another version is refused.
    """

    schema_version: Literal[1] = 1

    def to_json(self) -> bytes:
        """The file's bytes: UTF-8, indented for people; last comes the sha256 of all before."""
        text = self.model_dump_json(indent=2).encode().removesuffix(_END.strip()).rstrip()
        digest = hashlib.sha256(text).hexdigest().encode()
        return b'%b,\n  "digest": "%b"%b' % (text, digest, _END)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read the file's bytes.

        Files of earlier versions have no digest, and are taken as they are.

        Raises:
            BrokenRelease: they are not JSON, not this document, or of another schema version, or
                their digest is another.
        """
        kind = cls.__name__.lower()
        found = _DIGEST.search(data)
        if found:
            text = data[: found.start()]
            if hashlib.sha256(text).hexdigest().encode() != found[1]:
                raise BrokenRelease(f"the {kind} was changed: its digest is not that of its text")
            data = text + _END
        try:
            document = cls.model_validate_json(data, strict=True)
        except ValidationError as error:
            raise BrokenRelease(f"the {kind} is unreadable: {explain(error)}") from error
        if "schema_version" not in document.model_fields_set:
            raise BrokenRelease(f"the {kind} is unreadable: it names no schema_version")
        return document
