"""Who may ask: what API Gateway found in a call's signature or token, checked once more.

API Gateway verifies signatures; what it found comes with the event. Were a route left without its
authorizer by mistake, calls would still come through: so the function does not rely on it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from handler.settings import AuthMode, Settings


class UnauthorizedError(Exception):
    """Nothing, or nothing valid, tells who calls; the message says what is wrong."""


class ForbiddenError(Exception):
    """Who calls may not have that feed."""


class Gatekeeper:
    """Lets calls through as AUTH_MODE has it.

    Args:
        settings: the mode and, for JWT, whose tokens for whom.
        clock: epoch seconds, by which tokens expire.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock

    def admit(self, scope: Mapping[str, Any], reader: int) -> None:
        """Return if the call may have the reader's feed.

        Args:
            scope: the call's ASGI scope, to which Mangum adds the event of API Gateway.
            reader: whose feed is asked for.

        Raises:
            UnauthorizedError: the call has no valid signature or token.
            ForbiddenError: the token is another reader's.
        """
        match self._settings.auth_mode:
            case AuthMode.NONE:
                return
            case AuthMode.IAM:
                if not _found(scope, "authorizer", "iam"):
                    raise UnauthorizedError("the call is not signed")
            case AuthMode.JWT:
                self._check(_found(scope, "authorizer", "jwt", "claims"), reader)

    def _check(self, claims: Mapping[str, Any], reader: int) -> None:
        if not claims:
            raise UnauthorizedError("the call has no token")
        if claims.get("iss") != self._settings.jwt_issuer:
            raise UnauthorizedError("the token is another issuer's")
        # Amazon Cognito's access tokens have a client_id and no aud.
        if self._settings.jwt_audience not in _values(claims.get("aud", claims.get("client_id"))):
            raise UnauthorizedError("the token is meant for another audience")
        if _seconds(claims.get("exp")) <= self._clock():
            raise UnauthorizedError("the token has expired")
        if claims.get("sub") != str(reader):
            raise ForbiddenError("a token's subject may ask for its own feed only")


def _found(scope: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """What the event's context has under those names, each within the one before; else nothing."""
    found: object = scope.get("aws.event", {}).get("requestContext")
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _values(claim: object) -> list[str]:
    # API Gateway hands claims over as strings, and an array of them as "[one two]".
    return claim.strip("[]").split() if isinstance(claim, str) else []


def _seconds(claim: object) -> float:
    """Epoch seconds; the year 1970 for what is no time, so that it has passed."""
    try:
        seconds = float(str(claim))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0
