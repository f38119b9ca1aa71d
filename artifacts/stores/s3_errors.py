"""What obstore's errors mean: it has few classes for them, and the rest is in their texts."""

import re

from obstore.exceptions import InvalidPathError, UnauthenticatedError

from artifacts.errors import AccessDenied, ArtifactError, Conflict, NotFound, StoreUnavailable

_HTTP_CONFLICT = 409
_HTTP_PRECONDITION_FAILED = 412
_HTTP_SERVER_ERROR = 500

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_FAULT = re.compile(r"HttpError \{\s*kind: (\w+)")
# What the system or the certificate's check said, deep in the account.
_REASON = re.compile(r'(?:message: "|error: "|InvalidCertificate\(\s*)([^",]+)')
_FAULTS = {
    "Connect": "S3 cannot be reached",
    "Timeout": "S3 did not answer in time",
    "Interrupted": "the connection to S3 broke off",
}


def may_pass(error: Exception) -> bool:
    """Whether the same request may yet succeed.

    S3 failed or did not answer, or it was at another's write, which may fail.
    """
    status = _status(error)
    passing = status is None or status == _HTTP_CONFLICT or status >= _HTTP_SERVER_ERROR
    return passing and not isinstance(error, InvalidPathError)


def explain(url: str, error: Exception) -> ArtifactError:
    """The error of this room: NotFound, Conflict or StoreUnavailable, with a sentence.

    Args:
        url: of the object that was read or written.
        error: obstore's.
    """
    status, code, text = _status(error), _first(_CODE, error), text_of(error)
    # A bucket that does not exist is a wrong address: it must not pass for an empty store.
    if code == "NoSuchKey":
        return NotFound(f"{url} does not exist")
    if status in {_HTTP_CONFLICT, _HTTP_PRECONDITION_FAILED}:
        return Conflict(f"{url}: S3 answered {code}")
    if status:
        kind, hint = StoreUnavailable, ""
        if code == "AccessDenied":
            kind = AccessDenied
            hint = "; to a reader without s3:ListBucket a key that does not exist looks the same"
        return kind(f"{url}: S3 answered {code or 'an unnamed error'} (HTTP {status}){hint}")
    if isinstance(error, UnauthenticatedError):
        return StoreUnavailable(f"{url}: no credentials: {text.partition('provider: ')[2] or text}")
    if "redirect without LOCATION" in text:
        return StoreUnavailable(f"{url}: the bucket is in another region than AWS_REGION says")
    fault = _FAULTS.get(_first(_FAULT, error) or "", "S3 cannot be used")
    reason = _first(_REASON, error)
    return StoreUnavailable(f"{url}: {fault}{f' ({reason})' if reason else ''}: {text}")


def _status(error: Exception) -> int | None:
    found = _first(_STATUS, error)
    return int(found) if found else None


def _first(pattern: re.Pattern[str], error: Exception) -> str | None:
    match = pattern.search(str(error))
    return match[1] if match else None


def text_of(error: Exception) -> str:
    """What obstore says, without its account for Rust's developers."""
    return " ".join(str(error).partition("Debug source:")[0].split())
