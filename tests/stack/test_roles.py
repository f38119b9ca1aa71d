"""Who may do what."""

import pytest

from tests.support.stack import Resource, Stack, stack

pytestmark = pytest.mark.slow

RELEASES = {"Fn::Sub": "${Artifacts.Arn}/${ArtifactPrefix}/*"}


def statements(role: Resource) -> list[Resource]:
    return [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_the_function_may_read_releases_and_write_its_log_and_nothing_else(default: Stack) -> None:
    (role,) = functions_roles(default)
    assert statements(role) == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": RELEASES},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["Logs", "Arn"]},
        },
    ]
    assert "ManagedPolicyArns" not in role
    assert default.properties("Function")["Role"] == {"Fn::GetAtt": ["FunctionRole", "Arn"]}


def test_with_tracing_the_function_may_send_traces_too() -> None:
    (role,) = functions_roles(stack(Tracing="Active"))
    assert statements(role)[2:] == [
        {
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        }
    ]


def test_nobody_trains_unless_a_repository_is_named(default: Stack) -> None:
    assert "TrainingRole" not in default.resources
    assert "TrainingRoleArn" not in default.outputs


def test_training_takes_its_role_from_the_main_branch_of_one_repository() -> None:
    trained = stack(TrainingRepository="network/lenta")
    (statement,) = trained.properties("TrainingRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = "token.actions.githubusercontent.com"
    assert statement["Principal"]["Federated"]["Fn::Sub"].endswith(f":oidc-provider/{issuer}")
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": {"Fn::Sub": "repo:${TrainingRepository}:ref:refs/heads/main"},
        }
    }
    assert trained.outputs["TrainingRoleArn"]["Value"] == {"Fn::GetAtt": ["TrainingRole", "Arn"]}


def test_training_may_write_and_remove_releases_and_nothing_else() -> None:
    role = stack(TrainingRepository="network/lenta").properties("TrainingRole")
    assert "ManagedPolicyArns" not in role
    listing, reading, releasing, promoting, removing = statements(role)
    assert listing == {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": {"Fn::GetAtt": ["Artifacts", "Arn"]},
    }
    assert reading == {"Effect": "Allow", "Action": "s3:GetObject", "Resource": RELEASES}
    assert releasing == {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Artifacts.Arn}/${ArtifactPrefix}/releases/*"},
        # The request says If-None-Match: what is published is never written again.
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    }
    assert promoting == {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Artifacts.Arn}/${ArtifactPrefix}/channels/*"},
    }
    assert removing == {
        "Effect": "Allow",
        "Action": "s3:DeleteObject",
        "Resource": {"Fn::Sub": "${Artifacts.Arn}/${ArtifactPrefix}/releases/*"},
    }


def test_training_may_sign_with_the_key_that_is_named_and_nothing_else() -> None:
    arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    role = stack(TrainingRepository="network/lenta", SigningKeyArn=arn).properties("TrainingRole")
    assert statements(role)[5:] == [
        {
            "Effect": "Allow",
            "Action": "kms:Sign",
            "Resource": arn,
            "Condition": {
                "StringEquals": {
                    "kms:SigningAlgorithm": "ED25519_SHA_512",
                    "kms:MessageType": "RAW",
                }
            },
        }
    ]


def functions_roles(made: Stack) -> list[Resource]:
    """The roles that Lambda's functions may take."""
    lambdas = {"Service": "lambda.amazonaws.com"}
    return [
        role
        for role in made.of_type("AWS::IAM::Role").values()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == lambdas
    ]
