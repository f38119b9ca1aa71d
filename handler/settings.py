"""What the function is told, by its environment."""

import os
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from artifacts.layout import PRODUCTION


class AuthMode(StrEnum):
    """Whom API Gateway lets through to the function."""

    NONE = "NONE"
    """Everybody."""
    IAM = "IAM"
    """Whose call is signed by credentials that may invoke the API."""
    JWT = "JWT"
    """Who holds a token, to ask for the feed of the token's subject."""


_DAY = 86_400

MOST_FRESH_SHARE = Fraction(1, 2)
"""With more the feed would be fresh posts above all, and no longer what the reader likes best."""


@dataclass(frozen=True)
class Settings:
    """The function's settings.

    Attributes:
        store: ARTIFACT_STORE, `s3://bucket/prefix` or a folder; empty if it is not set.
        channel: ARTIFACT_CHANNEL, which channel of the store is served.
        auth_mode: AUTH_MODE, whom API Gateway lets through: everybody, whoever signs, or whoever
            holds a token.
        jwt_issuer: JWT_ISSUER, whose tokens are taken.
        jwt_audience: JWT_AUDIENCE, whom tokens must be meant for.
        reader_hash_key: READER_HASH_KEY, the key that readers' ids are hashed with in the log;
            without it, every process makes up its own.
        fresh_share: LENTA_FRESH_SHARE, the share of a feed's places that fresh posts are given,
            from 0 to 0.5; exact, as it was written.
        follow_seconds: LENTA_FOLLOW_SECONDS, how often the channel is looked at, from 1 to a day.
        page: LENTA_PAGE, whether there is to be the feed page, where nobody must be authorized.
    """

    store: str
    channel: str = PRODUCTION
    auth_mode: AuthMode = AuthMode.NONE
    jwt_issuer: str = ""
    jwt_audience: str = ""
    reader_hash_key: str = ""
    fresh_share: Fraction = Fraction(0)
    follow_seconds: float = 60
    page: bool = True

    @property
    def shows_page(self) -> bool:
        """Whether there is the feed page: never where calls are authorized.

        It shows anybody's feed, and a browser that opens a page has neither token nor signature.
        """
        return self.page and self.auth_mode is AuthMode.NONE

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings of this process.

        Raises:
            ValueError: AUTH_MODE is none of the modes, or JWT with nothing to check tokens by, or
                LENTA_FRESH_SHARE or LENTA_FOLLOW_SECONDS no such number, or LENTA_PAGE no answer.
        """
        settings = cls(
            store=os.environ.get("ARTIFACT_STORE", ""),
            channel=os.environ.get("ARTIFACT_CHANNEL", PRODUCTION),
            auth_mode=AuthMode(os.environ.get("AUTH_MODE", AuthMode.NONE)),
            jwt_issuer=os.environ.get("JWT_ISSUER", ""),
            jwt_audience=os.environ.get("JWT_AUDIENCE", ""),
            reader_hash_key=os.environ.get("READER_HASH_KEY", ""),
            fresh_share=_fresh_share(os.environ.get("LENTA_FRESH_SHARE", "0")),
            follow_seconds=_follow_seconds(os.environ.get("LENTA_FOLLOW_SECONDS", "60")),
            page=_page(os.environ.get("LENTA_PAGE", "on")),
        )
        if settings.auth_mode is AuthMode.JWT and not (
            settings.jwt_issuer and settings.jwt_audience
        ):
            raise ValueError("AUTH_MODE=JWT needs JWT_ISSUER and JWT_AUDIENCE")
        return settings


def _page(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(f"LENTA_PAGE is {text[:80]!r}, but must be 'on' or 'off'")
    return text == "on"


def _fresh_share(text: str) -> Fraction:
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = None
    if share is None or not 0 <= share <= MOST_FRESH_SHARE:
        raise ValueError(f"LENTA_FRESH_SHARE is {text[:80]!r}, but must be a number from 0 to 0.5")
    return share


def _follow_seconds(text: str) -> float:
    seconds = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= seconds <= _DAY:
        raise ValueError(
            f"LENTA_FOLLOW_SECONDS is {text[:80]!r}, but must be a whole number from 1 to {_DAY}"
        )
    return seconds
