"""What the template allows, seals and offers, as CloudFormation gets it."""

import json
import subprocess
from typing import Any

import pytest

from tests.support.lambda_runtime import PROJECT, SAM, SAM_ENVIRONMENT

pytestmark = pytest.mark.slow

# aws-sam-translator is in the environment of aws-sam-cli only. It wants code that is uploaded.
TRANSFORM = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform
template = yaml_parse(sys.stdin.read())
template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
print(json.dumps(transform(template, {}, None)))
"""

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def template() -> Resource:
    """The template as the Serverless transform leaves it."""
    done = subprocess.run(
        [str(SAM.with_name("python")), "-c", TRANSFORM],
        input=(PROJECT / "template.yaml").read_text(encoding="utf-8"),
        env=SAM_ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    transformed: Resource = json.loads(done.stdout)
    return transformed


def test_the_template_is_valid() -> None:
    done = subprocess.run(
        [str(SAM), "validate", "--lint"],
        cwd=PROJECT, env=SAM_ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_function_may_only_read_the_releases_and_write_its_log(template: Resource) -> None:
    (role,) = _of_type(template, "AWS::IAM::Role")

    statements = [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert statements == [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": {"Fn::Sub": "${Artifacts.Arn}/${ArtifactPrefix}/*"},
        }
    ]
    # AWS's own policy: logs:CreateLogGroup, CreateLogStream and PutLogEvents.
    assert role["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    assert _of_type(template, "AWS::IAM::Policy") == []


def test_the_function_runs_what_was_built_and_tested(template: Resource) -> None:
    (function,) = _of_type(template, "AWS::Lambda::Function")

    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["x86_64"]
    assert function["Handler"] == "handler.app.lambda_handler"
    assert function["Role"] == {"Fn::GetAtt": ["FunctionRole", "Arn"]}
    store = function["Environment"]["Variables"]["ARTIFACT_STORE"]
    assert store == {"Fn::Sub": "s3://${Artifacts}/${ArtifactPrefix}"}


def test_the_bucket_is_encrypted_and_private(template: Resource) -> None:
    (bucket,) = _of_type(template, "AWS::S3::Bucket")

    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert _of_type(template, "AWS::S3::BucketPolicy") == []


def test_the_releases_outlive_the_stack(template: Resource) -> None:
    bucket = template["Resources"]["Artifacts"]

    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"


def test_every_call_goes_to_the_function(template: Resource) -> None:
    (api,) = _of_type(template, "AWS::ApiGatewayV2::Api")
    (permission,) = _of_type(template, "AWS::Lambda::Permission")

    assert list(api["Body"]["paths"]) == ["$default"]
    route = api["Body"]["paths"]["$default"]["x-amazon-apigateway-any-method"]
    integration = route["x-amazon-apigateway-integration"]
    assert route["isDefaultRoute"]
    assert integration["payloadFormatVersion"] == "2.0"
    assert "${Function.Arn}/invocations" in integration["uri"]["Fn::Sub"]
    assert permission["FunctionName"] == {"Ref": "Function"}
    assert permission["Principal"] == "apigateway.amazonaws.com"


def test_the_stack_tells_where_it_is(template: Resource) -> None:
    assert set(template["Outputs"]) >= {"Url", "Store", "FunctionName"}
    assert "execute-api" in template["Outputs"]["Url"]["Value"]["Fn::Sub"]
    store = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    assert template["Outputs"]["Store"]["Value"] == store["ARTIFACT_STORE"]


def _of_type(template: Resource, kind: str) -> list[Resource]:
    resources = template["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == kind]
