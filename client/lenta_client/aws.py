"""Who calls: AWS credentials. Wants botocore, which `lenta-client[aws]` brings."""

from collections.abc import Generator

import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

_SERVICE = "execute-api"


class Signature(httpx2.Auth):
    """Signs every call with Signature Version 4, where the API's AuthMode is IAM.

    The credentials are found as boto3 finds them, and looked at again for each call, for those of a
    role change.

    Args:
        region: of the API, such as "eu-central-1".

    Raises:
        RuntimeError: there are none.
    """

    requires_request_body = True

    def __init__(self, region: str) -> None:
        credentials = get_session().get_credentials()
        if credentials is None:
            raise RuntimeError("there are no AWS credentials to sign calls with")
        self._credentials, self._region = credentials, region

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Add the headers of the signature."""
        told = AWSRequest(request.method, str(request.url), data=request.content)
        frozen = self._credentials.get_frozen_credentials()
        SigV4Auth(frozen, _SERVICE, self._region).add_auth(told)
        request.headers.update(dict(told.headers.items()))
        yield request
