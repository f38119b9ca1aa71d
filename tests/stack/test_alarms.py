"""What is watched, and who is told."""

import json

import pytest

from handler import telemetry
from tests.support.stack import Resource, Stack, stack

pytestmark = pytest.mark.slow

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
OF_FUNCTION = [{"Name": "FunctionName", "Value": {"Ref": "Function"}}]


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "threshold"),
    [
        ("ErrorsAlarm", "AWS/Lambda Errors", "Sum", 0),
        ("ThrottlesAlarm", "AWS/Lambda Throttles", "Sum", 0),
        ("DurationAlarm", "AWS/Lambda Duration", "p99", 1000),
        ("ServerErrorsAlarm", "AWS/ApiGateway 5xx", "Average", 0.01),
    ],
)
def test_awss_own_metrics_are_watched(
    default: Stack, name: str, metric: str, statistic: str, threshold: float
) -> None:
    alarm = default.properties(name)
    assert f"{alarm['Namespace']} {alarm['MetricName']}" == metric
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic
    assert alarm["Threshold"] == threshold
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("name", "metric", "expression", "threshold"),
    [
        ("FeatureAgeAlarm", "Maximum FeatureAge", "seconds / 3600", 48),
        ("FallbackAlarm", "Average Fallback", "share * 100", 50),
    ],
)
def test_the_metrics_of_the_functions_log_are_watched(
    default: Stack, name: str, metric: str, expression: str, threshold: float
) -> None:
    alarm = default.properties(name)
    shown, read = alarm["Metrics"]
    assert shown["Expression"] == expression
    assert read["ReturnData"] is False
    assert read["MetricStat"]["Stat"] == metric.split(maxsplit=1)[0]
    assert read["MetricStat"]["Metric"] == {
        "Namespace": telemetry.NAMESPACE,
        "MetricName": metric.split()[1],
        "Dimensions": OF_FUNCTION,
    }
    assert alarm["Threshold"] == threshold


def test_refused_releases_and_a_failing_store_are_watched(default: Stack) -> None:
    alarm = default.properties("ReleaseAlarm")
    shown, *read = alarm["Metrics"]
    assert shown["Expression"] == "FILL(refused, 0) + FILL(failed, 0)"
    assert [one["MetricStat"]["Stat"] for one in read] == ["Sum", "Sum"]
    assert [one["MetricStat"]["Metric"] for one in read] == [
        {"Namespace": telemetry.NAMESPACE, "MetricName": name, "Dimensions": OF_FUNCTION}
        for name in ("ReleaseRefused", "StoreFailed")
    ]
    assert alarm["Threshold"] == 0


def test_thresholds_are_parameters() -> None:
    changed = stack(MaxP99Milliseconds=200, MaxFeatureAgeHours=26, MaxFallbackPercent=10)
    assert changed.properties("DurationAlarm")["Threshold"] == 200
    assert changed.properties("FeatureAgeAlarm")["Threshold"] == 26
    assert changed.properties("FallbackAlarm")["Threshold"] == 10


def test_alarms_are_told_to_the_topic_that_is_named(default: Stack) -> None:
    for alarm in alarms(default):
        assert "AlarmActions" not in alarm
    for alarm in alarms(stack(AlarmTopicArn=TOPIC)):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]


def test_every_alarm_says_what_it_means(default: Stack) -> None:
    assert len(alarms(default)) == 7
    assert all(alarm["AlarmDescription"] for alarm in alarms(default))


def test_the_dashboard_shows_what_is_watched(default: Stack) -> None:
    text = default.properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(text)["widgets"]
    for metric in ("Errors", "Throttles", "Duration", "5xx", "FeatureAge", "Fallback"):
        assert f'"{metric}"' in text
    (log,) = [widget for widget in widgets if widget["type"] == "log"]
    for field in ("release", "arm", "source", "status", "milliseconds"):
        assert field in log["properties"]["query"]
    assert {name for name in default.resources if f"${{{name}}}" in text} == {
        "Api", "Function", "Logs",
    }  # fmt: skip


def alarms(made: Stack) -> list[Resource]:
    return [*made.of_type("AWS::CloudWatch::Alarm").values()]
