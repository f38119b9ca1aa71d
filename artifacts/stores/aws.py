"""Where the bucket and the credentials are: by the environment, Lambda, or boto3's files.

All of it is told to obstore, which reads some of the same variables and panics at what is wrong.
"""

import json
import re
from contextlib import closing
from datetime import datetime, timedelta
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from artifacts.errors import StoreUnavailable

if TYPE_CHECKING:
    from boto3.session import Session
    from obstore.store import ClientConfig, S3Credential, S3CredentialProvider

_ENDPOINT_S3 = "AWS_ENDPOINT_URL_S3"
"""The variable that names another S3 server than Amazon's, by its URL."""
_ENDPOINT_ALL = "AWS_ENDPOINT_URL"
"""The variable that does so for all services of AWS; that of S3 comes first."""
_CA_BUNDLE = "AWS_CA_BUNDLE"
"""The variable that names a file of certificates to trust beside the system's."""
_REGION_NAME = "AWS_REGION"
"""The variable that names the bucket's region; else that of a profile counts."""
_DEFAULT_REGION = "AWS_DEFAULT_REGION"
"""The variable that names the region where AWS_REGION does not."""
_KEY_ID = "AWS_ACCESS_KEY_ID"
"""The variable that holds the credentials' id; else they are found as boto3 finds them."""
_SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a variable's name
"""The variable that holds the credentials' secret."""
_SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - a variable's name
"""The variable that holds the token of credentials that expire."""

_ENDPOINT = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._/-]*)?"
)
_REGION = re.compile(r"[a-z0-9-]+")
# What may stand before a dot in the name of a host.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_CREDENTIAL = re.compile(r"[!-~]+")

# https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
_CONTAINER_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
"""The variable that names an address of this machine to ask for credentials; Lambda sets it."""
_CONTAINER_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - a variable's name
"""The variable that holds the word by which that address answers; Lambda sets it."""
_CONTAINER_TIMEOUT = 2  # seconds, as boto3 has it: it is an address of this machine

# botocore renews credentials ten minutes before they expire, and obstore asks anew five minutes
# before they are said to: what signs a request is good for five minutes more.
_BOTO3_TTL = timedelta(minutes=10)


def bucket_url(bucket: str, region: str) -> tuple[str, bool]:
    """Where to ask for a bucket, and whether the host's name is the bucket's own.

    Raises:
        StoreUnavailable: the environment names another server than Amazon's, but by no URL.
    """
    for name in (_ENDPOINT_S3, _ENDPOINT_ALL):
        if url := environ.get(name):
            if not _is_url(url):
                raise StoreUnavailable(f"there is no way to S3: {name} is {url!r}, which is no URL")
            return url.rstrip("/"), False
    host = f"s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    # Amazon's certificate covers no further dots, and old buckets may have capitals.
    own = _LABEL.fullmatch(bucket) is not None
    return f"https://{bucket}.{host}" if own else f"https://{host}", own


def certificates() -> "ClientConfig":
    """Those of AWS_CA_BUNDLE, if it is set; the system's own are trusted, too.

    Raises:
        StoreUnavailable: its file cannot be read.
    """
    path = environ.get(_CA_BUNDLE)
    try:
        return {"root_certificate": Path(path).read_bytes()} if path else {}
    except OSError as error:
        raise StoreUnavailable(f"there is no way to S3: {_CA_BUNDLE}: {error}") from error


def region() -> str:
    """The region, of the environment or else of boto3's profile.

    Raises:
        StoreUnavailable: none is set, or one that cannot be.
    """
    found = environ.get(_REGION_NAME) or environ.get(_DEFAULT_REGION)
    found = found or _session("no region in the environment").region_name
    if not found:
        raise StoreUnavailable("there is no way to S3: no region is set, such as by AWS_REGION")
    if not _REGION.fullmatch(found):
        raise StoreUnavailable(f"there is no way to S3: {found!r} is no region")
    return found


def credential_provider() -> "S3CredentialProvider":
    """What obstore asks for credentials, whenever those that it has expire.

    In the order of boto3: the environment's own keys, as in Lambda, come first. With SnapStart
    Lambda sets none, lest they expire in the snapshot, but an address to ask; obstore itself knows
    such an address only with its token in a file. So boto3 is never imported in Lambda, though
    its runtime has it: that would take a third of a second of each cold start.

    Raises:
        StoreUnavailable: there are no credentials.
    """
    if environ.get(_KEY_ID):
        return _of_environment()
    if environ.get(_CONTAINER_URI, "").startswith("http://") and environ.get(_CONTAINER_TOKEN):
        return _ask_container
    session = _session("no credentials in the environment")
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see above
    from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - see above

    try:
        if session.get_credentials() is None:
            raise StoreUnavailable("there is no way to S3: no credentials were found")
        return Boto3CredentialProvider(session, ttl=_BOTO3_TTL)
    except BotoCoreError as error:
        raise StoreUnavailable(f"there is no way to S3: {error}") from error


def _of_environment() -> "S3CredentialProvider":
    names = (_KEY_ID, _SECRET, _SESSION_TOKEN)
    key, secret, token = (environ.get(name, "") for name in names)
    for name, value in zip(names, (key, secret, token or "none"), strict=True):
        if not _CREDENTIAL.fullmatch(value):
            raise StoreUnavailable(f"there is no way to S3: {name} is missing or not one word")
    found: S3Credential = {
        "access_key_id": key,
        "secret_access_key": secret,
        "token": token or None,
        "expires_at": None,
    }
    return lambda: found


def _ask_container() -> "S3Credential":
    """The credentials that the address in the environment gives at the moment."""
    from http.client import OK, HTTPConnection  # noqa: PLC0415 - slow, and seldom needed

    address = urlsplit(environ[_CONTAINER_URI])
    path = address._replace(scheme="", netloc="").geturl()
    with closing(HTTPConnection(address.netloc, timeout=_CONTAINER_TIMEOUT)) as connection:
        connection.request("GET", path, headers={"Authorization": environ[_CONTAINER_TOKEN]})
        answer = connection.getresponse()
        text = answer.read()
    if answer.status != OK:
        raise StoreUnavailable(f"{environ[_CONTAINER_URI]} answered HTTP {answer.status}")
    found = json.loads(text)
    return {
        "access_key_id": found["AccessKeyId"],
        "secret_access_key": found["SecretAccessKey"],
        "token": found["Token"],
        "expires_at": datetime.fromisoformat(found["Expiration"]),
    }


def _session(lacking: str) -> "Session":
    """A session of boto3, which knows profiles, SSO, web identities and the roles of machines."""
    try:
        from boto3.session import Session  # noqa: PLC0415 - see `credential_provider`
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see above
    except ImportError as error:
        raise StoreUnavailable(
            f"there is no way to S3: {lacking}, and boto3 is not installed to look elsewhere"
        ) from error
    try:
        return Session()
    except BotoCoreError as error:
        raise StoreUnavailable(f"there is no way to S3: {error}") from error


def _is_url(text: str) -> bool:
    try:
        return _ENDPOINT.fullmatch(text) is not None and urlsplit(text).port != 0
    except ValueError:  # a port beyond 65535
        return False
