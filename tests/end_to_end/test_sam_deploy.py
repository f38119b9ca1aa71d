"""`sam deploy`: the stack is made, answers, is changed and is deleted, in an emulator of AWS.

The tests of a stage of the stack's life follow each other. What the emulator does otherwise than
AWS is in docs/how-to/deploy.md.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.page.document import in_language
from handler.settings import Settings
from tests.handler.events import Send, function
from tests.support.account import (
    STACK,
    UNKNOWN_ALARMS,
    Account,
    SamFailedError,
    at_once,
    for_emulator,
)
from tests.support.deployment import AUDIENCE, REPOSITORY
from tests.support.issuer import Issuer
from tests.support.lambda_runtime import event

pytestmark = pytest.mark.slow

KNOWN, UNKNOWN, ANOTHER = "200", "-5", "201"
FEED = "/v1/recommendations?id={}&time=2021-10-12T20:15:00&limit=5"


@pytest.fixture(scope="module")
def app(published: Account, tmp_path_factory: pytest.TempPathFactory) -> Send:
    """The function in this process, with a copy of what is in the stack's bucket."""
    folder = tmp_path_factory.mktemp("copied")
    bucket, _, prefix = published.outputs()["Store"].removeprefix("s3://").partition("/")
    s3 = published.client("s3")
    for found in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["Contents"]:
        path = folder / found["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    return function(Settings(store=str(folder / prefix)))


def test_gradual_deployments_are_unknown_to_the_emulator(account: Account, packaged: Path) -> None:
    # Once this fails, the emulator has learned it, and the stack can be deployed with its default.
    with pytest.raises(SamFailedError, match=r"Unrecognized .*CodeDeploy") as failed:
        account.deploy(packaged, stack="gradual")
    assert str(failed.value).count("AWS::CodeDeploy::") == 2
    with pytest.raises(ClientError, match="does not exist"):
        account.client("cloudformation").describe_stacks(StackName="gradual")


def test_a_stack_that_cannot_be_made_leaves_nothing(account: Account, packaged: Path) -> None:
    with pytest.raises(SamFailedError, match="ROLLBACK_COMPLETE"):
        account.deploy(at_once(packaged), stack="half")
    ((alarm, reason),) = account.events("half", "CREATE_FAILED").items()
    assert alarm in UNKNOWN_ALARMS
    assert "metric math" in reason
    # Its bucket is gone, too, for RetainExceptOnCreate: only that of the packages is left.
    buckets = account.client("s3").list_buckets()["Buckets"]
    assert [bucket["Name"].startswith("aws-sam-cli-managed") for bucket in buckets] == [True]


def test_the_stack_is_made_and_says_where_things_are(created: Account) -> None:
    outputs, resources = created.outputs(), created.resources()
    assert created.stack()["StackStatus"] == "CREATE_COMPLETE"
    assert outputs["Store"] == f"s3://{resources['Artifacts']}/lenta"
    assert outputs["FunctionName"] == resources["Function"]
    assert outputs["Url"] == f"https://{resources['Api']}.execute-api.eu-central-1.amazonaws.com/"
    assert outputs["TrainingRoleArn"].endswith(f":role/{resources['TrainingRole']}")


def test_its_bucket_is_private_encrypted_and_keeps_versions(created: Account) -> None:
    s3, bucket = created.client("s3"), {"Bucket": created.resources()["Artifacts"]}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    public = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert len(public) == 4
    assert all(public.values())
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (said,) = json.loads(s3.get_bucket_policy(**bucket)["Policy"])["Statement"]
    assert (said["Sid"], said["Effect"]) == ("OnlyOverTls", "Deny")


def test_its_logs_alarms_and_dashboard_are_there(created: Account) -> None:
    resources, watch = created.resources(), created.client("cloudwatch")
    assert log_retention(created) == {30}
    alarms = {alarm["AlarmName"] for alarm in watch.describe_alarms()["MetricAlarms"]}
    assert alarms == {name for key, name in resources.items() if key.endswith("Alarm")}
    assert len(alarms) == 7 - len(UNKNOWN_ALARMS)
    shown = watch.get_dashboard(DashboardName=resources["Dashboard"])["DashboardBody"]
    assert f'"{resources["Function"]}"' in shown


def test_calls_reach_the_version_named_live(created: Account) -> None:
    alias = live(created)
    assert alias["FunctionVersion"] == "1"
    api = {"ApiId": created.resources()["Api"]}
    gateway = created.client("apigatewayv2")
    (integration,) = gateway.get_integrations(**api)["Items"]
    assert integration["IntegrationUri"] == alias["AliasArn"]
    (stage,) = gateway.get_stages(**api)["Items"]
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)


def test_the_main_branch_of_the_repository_gets_the_role_of_training(created: Account) -> None:
    assert role_of_training(created, f"repo:{REPOSITORY}:ref:refs/heads/main")


@pytest.mark.parametrize("other", [f"{REPOSITORY}:ref:refs/heads/b", "a/b:ref:refs/heads/main"])
def test_no_other_branch_or_repository_gets_it(other: str, created: Account) -> None:
    with pytest.raises(ClientError, match="Not authorized"):
        role_of_training(created, f"repo:{other}")


def test_the_function_reads_by_the_rights_of_its_role(created: Account) -> None:
    iam = created.client("iam")
    right = {"RoleName": created.resources()["FunctionRole"], "PolicyName": "ReadReleases"}
    document = iam.get_role_policy(**right)["PolicyDocument"]
    iam.delete_role_policy(**right)
    try:
        answer = created.invoke(event("recommendations-v2"))
    finally:
        iam.put_role_policy(**right, PolicyDocument=json.dumps(document))
    assert answer["statusCode"] == 503
    assert "the store cannot be read" in json.loads(answer["body"])["detail"]


def test_without_a_release_calls_are_answered_with_503(created: Account) -> None:
    answer = created.invoke(event("recommendations-v2"))
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["retry-after"]) > 0
    with created.http() as client:
        assert client.get(FEED.format(KNOWN)).status_code == 503


def test_jwt_without_an_issuer_is_refused_and_nothing_changes(
    created: Account, packaged: Path
) -> None:
    before = created.stack()
    with pytest.raises(SamFailedError, match="AuthMode JWT needs JwtIssuer"):
        created.deploy(for_emulator(packaged), AuthMode="JWT")
    assert created.stack() == before


@pytest.mark.parametrize(("reader", "source"), [(KNOWN, "model"), (UNKNOWN, "cold_start")])
def test_the_deployed_function_answers_as_the_app_does(
    reader: str, source: str, published: Account, app: Send
) -> None:
    asked = event("recommendations-v2")
    asked["rawQueryString"] = asked["rawQueryString"].replace("id=200", f"id={reader}")
    answer = published.invoke(asked)
    assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"])["source"] == source
    assert json.loads(answer["body"]) == json.loads(app(asked)["body"])


def test_the_api_answers_over_http(published: Account, app: Send) -> None:
    asked = event("rerank-v2")
    with published.http() as client:
        page, feed, unknown = (
            client.get("/"), client.get(FEED.format(KNOWN)), client.get(FEED.format(UNKNOWN)),
        )  # fmt: skip
        order = client.post("/v1/rerank", json=json.loads(base64.b64decode(asked["body"])))
    assert page.text == in_language("")
    assert (feed.json()["source"], unknown.json()["source"]) == ("model", "cold_start")
    assert order.json() == json.loads(app(asked)["body"])


def test_the_function_writes_to_the_stacks_log(published: Account) -> None:
    published.invoke(event("recommendations-v2"))
    log = {"logGroupName": published.resources()["Logs"]}
    found = published.client("logs").filter_log_events(**log)["events"]
    lines = [json.loads(one["message"]) for one in found if '"exposure"' in one["message"]]
    assert {line["FunctionName"] for line in lines} == {published.resources()["Function"]}
    assert lines[-1]["status"] == 200


def test_nothing_changed_nothing_is_deployed(published: Account, packaged: Path) -> None:
    said = published.deploy(for_emulator(packaged), "--no-fail-on-empty-changeset")
    assert "No changes to deploy. Stack lenta is up to date" in said
    assert published.stack()["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(SamFailedError, match="No changes to deploy"):
        published.deploy(for_emulator(packaged))


def test_changed_parameters_change_what_they_are_for(locked: Account) -> None:
    assert locked.stack()["StackStatus"] == "UPDATE_COMPLETE"
    changed = locked.last_change()
    assert {"Function", "FunctionAliaslive", "Logs", "AccessLogs", "Authorizer"} <= changed
    assert changed.isdisjoint({"Api", "Artifacts", "ArtifactsPolicy", "TrainingRole"})
    assert log_retention(locked) == {7}
    routes = locked.client("apigatewayv2").get_routes(ApiId=locked.resources()["Api"])["Items"]
    by_token = {one["RouteKey"] for one in routes if one["AuthorizationType"] == "JWT"}
    assert by_token == {"ANY /", "ANY /{proxy+}"}
    assert "$default" not in {one["RouteKey"] for one in routes}


def test_a_change_of_the_function_is_a_new_version_and_live(locked: Account) -> None:
    alias = live(locked)
    assert alias["FunctionVersion"] == "2"
    named = {"FunctionName": locked.resources()["Function"], "Qualifier": "live"}
    version = locked.client("lambda").get_function_configuration(**named)
    assert version["MemorySize"] == 2048
    assert version["Environment"]["Variables"]["AUTH_MODE"] == "JWT"


def test_the_function_itself_checks_who_asks(locked: Account, issuer: Issuer) -> None:
    asked = event("recommendations-v2")
    assert locked.invoke(asked)["statusCode"] == 401
    for subject, status in ((KNOWN, 200), (ANOTHER, 403)):
        claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": subject, "exp": "4102444800"}
        asked["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        assert locked.invoke(asked)["statusCode"] == status


def test_the_api_lets_in_a_reader_with_a_token_to_the_own_feed(
    locked: Account, issuer: Issuer
) -> None:
    def status(token: str | None, reader: str) -> int:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return client.get(FEED.format(reader), headers=headers).status_code

    with locked.http() as client:
        token = issuer.token(KNOWN, AUDIENCE)
        assert status(token, KNOWN) == 200
        assert status(token, ANOTHER) == 403  # the function's own answer
        assert status(None, KNOWN) == 401
        assert status(issuer.token(KNOWN, "another"), KNOWN) == 401
        assert status(Issuer(issuer.url).token(KNOWN, AUDIENCE), KNOWN) == 401  # a key of its own


def test_a_deleted_stack_leaves_its_releases(locked: Account) -> None:
    bucket = {"Bucket": locked.resources()["Artifacts"]}
    before = locked.client("s3").list_objects_v2(**bucket)["KeyCount"]
    locked.sam("delete", "--stack-name", STACK, "--no-prompts")
    with pytest.raises(ClientError, match="does not exist"):
        locked.stack()
    assert locked.client("lambda").list_functions()["Functions"] == []
    assert locked.client("apigatewayv2").get_apis()["Items"] == []
    assert locked.client("s3").list_objects_v2(**bucket)["KeyCount"] == before > 0


def role_of_training(account: Account, subject: str) -> str:
    """A session of the role for a workflow. The emulator takes its token's signature for good."""
    github = Issuer("https://token.actions.githubusercontent.com")
    session = account.client("sts").assume_role_with_web_identity(
        RoleArn=account.outputs()["TrainingRoleArn"], RoleSessionName="training",
        WebIdentityToken=github.token(subject, "sts.amazonaws.com"),
    )  # fmt: skip
    token: str = session["Credentials"]["SessionToken"]
    return token


def live(account: Account) -> dict[str, Any]:
    """The function's alias."""
    name = account.resources()["Function"]
    alias: dict[str, Any] = account.client("lambda").get_alias(FunctionName=name, Name="live")
    return alias


def log_retention(account: Account) -> set[int]:
    """For how many days the stack keeps its logs."""
    resources = account.resources()
    names = {resources["Logs"], resources["AccessLogs"]}
    groups = account.client("logs").describe_log_groups()["logGroups"]
    kept = [group["retentionInDays"] for group in groups if group["logGroupName"] in names]
    assert len(kept) == 2
    return set(kept)
