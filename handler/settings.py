"""What the function is told, by its environment."""

import os
from dataclasses import dataclass
from enum import StrEnum

from artifacts.layout import PRODUCTION


class AuthMode(StrEnum):
    """Whom API Gateway lets through to the function."""

    NONE = "NONE"
    """Everybody."""
    IAM = "IAM"
    """Whose call is signed by credentials that may invoke the API."""
    JWT = "JWT"
    """Who holds a token, to ask for the feed of the token's subject."""


@dataclass(frozen=True)
class Settings:
    """The function's settings.

    Attributes:
        store: ARTIFACT_STORE, `s3://bucket/prefix` or a folder; empty if it is not set.
        channel: ARTIFACT_CHANNEL, which channel of the store is served.
        auth_mode: AUTH_MODE.
        jwt_issuer: JWT_ISSUER, whose tokens are taken.
        jwt_audience: JWT_AUDIENCE, whom tokens must be meant for.
        reader_hash_key: READER_HASH_KEY, the key that readers' ids are hashed with in the log;
            without it, every process makes up its own.
    """

    store: str
    channel: str = PRODUCTION
    auth_mode: AuthMode = AuthMode.NONE
    jwt_issuer: str = ""
    jwt_audience: str = ""
    reader_hash_key: str = ""

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings of this process.

        Raises:
            ValueError: AUTH_MODE is none of the modes, or JWT with nothing to check tokens by.
        """
        settings = cls(
            store=os.environ.get("ARTIFACT_STORE", ""),
            channel=os.environ.get("ARTIFACT_CHANNEL", PRODUCTION),
            auth_mode=AuthMode(os.environ.get("AUTH_MODE", AuthMode.NONE)),
            jwt_issuer=os.environ.get("JWT_ISSUER", ""),
            jwt_audience=os.environ.get("JWT_AUDIENCE", ""),
            reader_hash_key=os.environ.get("READER_HASH_KEY", ""),
        )
        if settings.auth_mode is AuthMode.JWT and not (
            settings.jwt_issuer and settings.jwt_audience
        ):
            raise ValueError("AUTH_MODE=JWT needs JWT_ISSUER and JWT_AUDIENCE")
        return settings
