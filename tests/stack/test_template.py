"""The template as a whole."""

import subprocess

import pytest

from tests.support.lambda_runtime import PROJECT, SAM, SAM_ENVIRONMENT
from tests.support.stack import Stack, stack

pytestmark = pytest.mark.slow

CONTENTS = {
    "Api", "Artifacts", "Dashboard", "Function", "Integration", "Stage",
    "ErrorsAlarm", "ServerErrorsAlarm", "DurationAlarm", "ThrottlesAlarm", "FeatureAgeAlarm",
    "FallbackAlarm",
}  # fmt: skip


def test_it_is_valid() -> None:
    done = subprocess.run(
        [str(SAM), "validate", "--lint"],
        cwd=PROJECT, env=SAM_ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_parameter_has_a_default_and_says_what_it_is_for(default: Stack) -> None:
    for name, parameter in default.parameters.items():
        assert "Default" in parameter, name
        assert name == "LogRetentionDays" or parameter["Description"], name


def test_the_defaults_make_a_whole_stack(default: Stack) -> None:
    assert default.resources.keys() >= CONTENTS


def test_it_tells_where_things_are(default: Stack) -> None:
    assert default.outputs.keys() == {"Url", "Store", "FunctionName"}
    assert "execute-api" in default.outputs["Url"]["Value"]["Fn::Sub"]
    variables = default.properties("Function")["Environment"]["Variables"]
    assert default.outputs["Store"]["Value"] == variables["ARTIFACT_STORE"]


def test_logs_are_kept_for_a_while_and_not_for_ever(default: Stack) -> None:
    groups = default.of_type("AWS::Logs::LogGroup")
    assert groups.keys() == {"Logs", "AccessLogs"}
    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    shorter = stack(LogRetentionDays=7).of_type("AWS::Logs::LogGroup")
    assert {group["RetentionInDays"] for group in shorter.values()} == {7}
