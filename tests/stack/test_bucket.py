"""The bucket of the releases."""

import pytest

from tests.support.stack import Resource, Stack

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(default: Stack) -> Resource:
    return default.properties("Artifacts")


def test_it_is_encrypted(bucket: Resource) -> None:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_it_is_private(bucket: Resource) -> None:
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_it_is_spoken_to_over_tls_only(default: Stack) -> None:
    (policy,) = default.of_type("AWS::S3::BucketPolicy").values()
    arn = {"Fn::GetAtt": ["Artifacts", "Arn"]}
    assert policy["Bucket"] == {"Ref": "Artifacts"}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, {"Fn::Sub": "${Artifacts.Arn}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_what_is_overwritten_or_removed_stays_for_thirty_days(bucket: Resource) -> None:
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = rules(bucket, "NoncurrentVersionExpiration")
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_uploads_that_never_ended_are_removed(bucket: Resource) -> None:
    (rule,) = rules(bucket, "AbortIncompleteMultipartUpload")
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_nothing_current_ever_expires(bucket: Resource) -> None:
    for rule in bucket["LifecycleConfiguration"]["Rules"]:
        assert rule["Status"] == "Enabled"
        assert rule.keys().isdisjoint({"ExpirationInDays", "ExpirationDate", "Transitions"})


def test_the_releases_outlive_the_stack(default: Stack) -> None:
    bucket = default.resources["Artifacts"]
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"


def rules(bucket: Resource, kind: str) -> list[Resource]:
    """The rules of the bucket's life that say something of this kind."""
    found: list[Resource] = bucket["LifecycleConfiguration"]["Rules"]
    return [rule for rule in found if kind in rule]
