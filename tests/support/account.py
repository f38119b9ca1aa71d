"""An AWS account in an emulator, and the built function packaged for it."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from boto3.session import Session

from tests.support.lambda_runtime import PROJECT, SAM
from tools.emulator import REGION, Emulator

STACK = "lenta"
UNKNOWN_ALARMS = ("FeatureAgeAlarm", "FallbackAlarm", "ReleaseAlarm")
"""They compute with metrics, which the emulator's CloudFormation refuses."""

_SECONDS = 300


class SamFailedError(AssertionError):
    """`sam` ended with another exit code than 0; the message is all that it said."""


@dataclass(frozen=True)
class Account:
    """An account that `sam` deploys to as its root user."""

    emulator: Emulator

    def sam(self, *arguments: str) -> str:
        """All that `sam` says when it has ended well.

        Raises:
            SamFailedError: it has not.
        """
        done = subprocess.run(
            [str(SAM), *arguments, "--region", REGION], cwd=PROJECT,
            env={
                **self.emulator.environment(),
                "SAM_CLI_TELEMETRY": "0",
                "SAM_CLI_POLL_DELAY": "0.2",  # of the five seconds it waits for AWS
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise SamFailedError(done.stdout)
        return done.stdout

    def package(self, template: Path, folder: Path) -> Path:
        """Upload the function of a built template; the template as JSON that names the upload."""
        packaged = folder / "packaged.json"
        self.sam(
            "package", "--resolve-s3", "--use-json",
            "--template-file", str(template), "--output-template-file", str(packaged),
        )  # fmt: skip
        return packaged

    def deploy(self, template: Path, *options: str, stack: str = STACK, **parameters: str) -> str:
        """Run `sam deploy` as the how-to does, with these parameters, the others as they were.

        Raises:
            SamFailedError: the stack was not made, or not changed.
        """
        given = [f"{name}={value}" for name, value in parameters.items()]
        return self.sam(
            "deploy", "--config-file", str(PROJECT / "samconfig.toml"), "--no-confirm-changeset",
            "--template-file", str(template), "--stack-name", stack, *options,
            *(["--parameter-overrides", *given] if given else []),
        )  # fmt: skip

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        return _client(self.emulator, service)

    def stack(self) -> dict[str, Any]:
        """The stack `lenta`, as CloudFormation describes it."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        described: dict[str, Any] = found
        return described

    def outputs(self) -> dict[str, str]:
        """The outputs of the stack `lenta`."""
        return {one["OutputKey"]: one["OutputValue"] for one in self.stack()["Outputs"]}

    def resources(self) -> dict[str, str]:
        """The resources of the stack `lenta`: the names in the template and the physical ones."""
        listed = self.client("cloudformation").list_stack_resources(StackName=STACK)
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in listed["StackResourceSummaries"]
        }

    def invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the version named live answers to an event."""
        called = self.client("lambda").invoke(
            FunctionName=self.resources()["Function"], Qualifier="live", Payload=json.dumps(asked)
        )
        answer: dict[str, Any] = json.loads(called["Payload"].read())
        assert "FunctionError" not in called, answer
        return answer

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        """A client of the stack's API, which the emulator finds by the name of the host."""
        host = f"{self.resources()['Api']}.execute-api.localhost:{self.emulator.port}"
        trusted = ssl.create_default_context(cafile=self.emulator.certificate)
        with httpx.Client(
            base_url=self.emulator.url, headers={"host": host}, verify=trusted, trust_env=False
        ) as client:
            yield client

    def last_change(self) -> set[str]:
        """The resources in the stack's newest change set."""
        formation = self.client("cloudformation")
        made = formation.list_change_sets(StackName=STACK)["Summaries"]
        newest = max(made, key=lambda one: one["CreationTime"])["ChangeSetId"]
        found = formation.describe_change_set(ChangeSetName=newest)["Changes"]
        return {one["ResourceChange"]["LogicalResourceId"] for one in found}

    def events(self, stack: str, status: str) -> dict[str, str]:
        """The resources of a stack that have been in a status, and the reasons."""
        found = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        return {
            one["LogicalResourceId"]: one.get("ResourceStatusReason", "")
            for one in found
            if one["ResourceStatus"] == status
        }


def at_once(packaged: Path) -> Path:
    """A copy of the template whose default is to move calls at once.

    The emulator transforms templates by the defaults of their parameters, whatever is passed.
    """
    return _changed(packaged, "at-once.json")


def for_emulator(packaged: Path) -> Path:
    """A copy that the emulator knows all of: calls move at once, and two alarms are missing."""
    return _changed(packaged, "for-emulator.json", *UNKNOWN_ALARMS)


def _changed(packaged: Path, name: str, *removed: str) -> Path:
    template = json.loads(packaged.read_text(encoding="utf-8"))
    template["Parameters"]["Deployment"]["Default"] = "AllAtOnce"
    for resource in removed:
        del template["Resources"][resource]
    copy = packaged.with_name(name)
    copy.write_text(json.dumps(template), encoding="utf-8")
    return copy


@cache
def _client(emulator: Emulator, service: str) -> Any:
    return Session().client(
        service,  # type: ignore[call-overload]  # stubs of S3 alone are installed
        endpoint_url=emulator.url, verify=str(emulator.certificate), region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",  # noqa: S106 - the root user's
    )  # fmt: skip
