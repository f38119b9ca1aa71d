"""The function and how it changes."""

import json
import re
from string import Template

import pytest

from handler.settings import Settings
from tests.support.stack import Resource, Stack, stack

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def function(default: Stack) -> Resource:
    return default.properties("Function")


def test_it_runs_what_was_built_and_tested(function: Resource) -> None:
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["x86_64"]
    assert function["Handler"] == "handler.app.lambda_handler"


def test_it_reads_the_stacks_own_releases(function: Resource) -> None:
    store = function["Environment"]["Variables"]["ARTIFACT_STORE"]
    assert store == {"Fn::Sub": "s3://${Artifacts}/${ArtifactPrefix}"}


def test_readers_ids_are_hashed_with_a_key_of_the_stacks_own(function: Resource) -> None:
    key = function["Environment"]["Variables"]["READER_HASH_KEY"]
    assert key == {"Ref": "AWS::StackId"}


def test_it_takes_unsigned_releases_unless_told_to_verify_them(default: Stack) -> None:
    assert mapped(default, "LENTA_VERIFY_KEYS") == ""
    keys = mapped(stack(VerifyReleases="Yes"), "LENTA_VERIFY_KEYS")
    # The package is made of the folder handler/, with whatever lies there.
    assert keys.removeprefix("/var/task/") == "handler/release-keys.pem"


def test_fresh_posts_have_the_share_that_is_named(function: Resource) -> None:
    assert function["Environment"]["Variables"]["LENTA_FRESH_SHARE"] == "0"
    some = stack(FreshShare="0.2").properties("Function")
    assert some["Environment"]["Variables"]["LENTA_FRESH_SHARE"] == "0.2"


def test_a_share_that_the_function_would_refuse_is_refused(
    default: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameter = default.parameters["FreshShare"]
    pattern = re.compile(parameter["AllowedPattern"])
    texts = ["0", "0.0", "0.2", ".2", "0.125", "0.499", "0.5", "0.500"]
    for text in texts:
        assert pattern.fullmatch(text), text
        assert len(text) <= parameter["MaxLength"], text
        monkeypatch.setenv("LENTA_FRESH_SHARE", text)
        assert 0 <= Settings.from_environment().fresh_share <= 0.5
    for text in ("", "1", "0.6", "0.501", "0.51", "5", "-0.1", "0,2", "20%", "nan"):
        assert not pattern.fullmatch(text), text


def test_it_looks_at_the_channel_as_often_as_is_named(function: Resource) -> None:
    assert str(function["Environment"]["Variables"]["LENTA_FOLLOW_SECONDS"]) == "60"
    quicker = stack(FollowSeconds=5).properties("Function")
    assert str(quicker["Environment"]["Variables"]["LENTA_FOLLOW_SECONDS"]) == "5"


def test_the_feed_page_is_there_unless_it_is_switched_off(default: Stack) -> None:
    assert mapped(default, "LENTA_PAGE") == "on"
    assert mapped(stack(FeedPage="No"), "LENTA_PAGE") == "off"


def test_it_logs_json_where_its_role_may_write(function: Resource) -> None:
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"}


def test_it_has_a_whole_processor_and_time_for_two_cold_starts(function: Resource) -> None:
    assert function["MemorySize"] == 1769
    assert function["Timeout"] == 20
    assert stack(MemorySize=3008).properties("Function")["MemorySize"] == 3008


def test_copies_are_reserved_on_demand(function: Resource) -> None:
    assert "ReservedConcurrentExecutions" not in function
    for copies in (0, 50):
        reserved = stack(ReservedConcurrency=copies).properties("Function")
        assert reserved["ReservedConcurrentExecutions"] == copies


def test_it_starts_from_a_snapshot_on_demand(function: Resource) -> None:
    assert function["SnapStart"] == {"ApplyOn": "None"}
    fast = stack(SnapStart="PublishedVersions").properties("Function")
    assert fast["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_it_is_traced_on_demand(function: Resource) -> None:
    assert "TracingConfig" not in function
    assert stack(Tracing="Active").properties("Function")["TracingConfig"] == {"Mode": "Active"}


def test_calls_move_to_a_new_version_gradually_and_back_on_alarm(default: Stack) -> None:
    group = default.properties("FunctionDeploymentGroup")
    assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
    assert group["AlarmConfiguration"] == {
        "Enabled": True,
        "Alarms": [{"Name": {"Ref": "ErrorsAlarm"}}, {"Name": {"Ref": "ServerErrorsAlarm"}}],
    }
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    update = default.resources["FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["DeploymentGroupName"] == {"Ref": "FunctionDeploymentGroup"}


def test_calls_may_move_at_once() -> None:
    at_once = stack(Deployment="AllAtOnce")
    assert at_once.of_type("AWS::CodeDeploy::DeploymentGroup") == {}
    assert "UpdatePolicy" not in at_once.resources["FunctionAliaslive"]


def test_a_changed_parameter_makes_a_new_version() -> None:
    # CloudFormation replaces a version whose description has changed; Lambda takes 256 characters.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
    traced = stack(Tracing="Active")
    (version,) = traced.of_type("AWS::Lambda::Version").values()
    described = version["Description"]["Fn::Sub"]
    function = json.dumps(traced.written("Function"))
    used = {name for name in traced.parameters if mentions(function, name)}
    # Copies are reserved for the function, whichever version runs.
    used.remove("ReservedConcurrency")
    assert {"MemorySize", "AuthMode", "ArtifactPrefix"} <= used
    assert used == {name for name in traced.parameters if mentions(described, name)}
    longest = {name: longest_value(traced.parameters[name]) for name in used}
    assert len(Template(described).substitute(longest)) <= 256


def mapped(made: Stack, variable: str) -> str:
    """What the function is told by a variable that a mapping makes of a parameter."""
    found = made.properties("Function")["Environment"]["Variables"][variable]
    name, key, value = found["Fn::FindInMap"]
    told: str = made.mappings[name][key][value]
    return told


def longest_value(parameter: Resource) -> str:
    if "AllowedValues" in parameter:
        return max(map(str, parameter["AllowedValues"]), key=len)
    return str(parameter["MaxValue"]) if "MaxValue" in parameter else "x" * parameter["MaxLength"]


def mentions(text: str, parameter: str) -> bool:
    return f"${{{parameter}}}" in text or f'"Ref": "{parameter}"' in text
