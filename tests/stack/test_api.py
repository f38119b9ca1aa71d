"""The API before the function."""

import json

import pytest

from tests.support.stack import Resource, Stack, stack

pytestmark = pytest.mark.slow

ISSUER, AUDIENCE = "https://login.example", "lenta"


def test_every_call_goes_to_the_functions_alias(default: Stack) -> None:
    (route,) = default.of_type("AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "$default"
    assert route["Target"] == {"Fn::Sub": "integrations/${Integration}"}
    integration = default.properties("Integration")
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"] == {"Fn::Sub": "${Function.Arn}:live"}
    alias = default.properties("FunctionAliaslive")
    assert alias["Name"] == "live"


def test_the_api_alone_may_call_the_function(default: Stack) -> None:
    (permission,) = default.of_type("AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Ref": "FunctionAliaslive"}
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith("${AWS::AccountId}:${Api}/*")


def test_calls_are_throttled(default: Stack) -> None:
    settings = default.properties("Stage")["DefaultRouteSettings"]
    assert settings == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}
    more = stack(ThrottlingRate=1000, ThrottlingBurst=3000).properties("Stage")
    assert more["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 1000,
        "ThrottlingBurstLimit": 3000,
    }


def test_every_call_is_logged_as_json_without_the_readers_id(default: Stack) -> None:
    log = default.properties("Stage")["AccessLogSettings"]
    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    line = json.loads(log["Format"])
    assert "\n" not in log["Format"]
    assert {"requestId", "functionRequestId", "status", "milliseconds", "path"} <= line.keys()
    unsaid = ("querystring", "authorizer.claims", "authorizer.principalId", "sourceIp")
    assert not any(word in log["Format"] for word in unsaid)


def test_by_default_the_api_is_open_and_no_other_site_may_call(default: Stack) -> None:
    assert authorization(default) == {"NONE"}
    assert default.of_type("AWS::ApiGatewayV2::Authorizer") == {}
    assert "CorsConfiguration" not in default.properties("Api")


def test_with_iam_calls_must_be_signed() -> None:
    assert authorization(stack(AuthMode="IAM")) == {"AWS_IAM"}


def test_with_jwt_calls_must_bring_a_token_of_the_issuer_for_the_audience() -> None:
    locked = by_token()
    assert authorization(locked) == {"JWT"}
    routes = locked.of_type("AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"] for route in routes} == {"ANY /", "ANY /{proxy+}"}
    assert all(route["AuthorizerId"] == {"Ref": "Authorizer"} for route in routes)
    authorizer = locked.properties("Authorizer")
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["JwtConfiguration"] == {"Issuer": ISSUER, "Audience": [AUDIENCE]}


@pytest.mark.parametrize("mode", ["NONE", "IAM", "JWT"])
def test_the_function_knows_the_mode_and_checks_again(mode: str) -> None:
    locked = stack(AuthMode=mode, JwtIssuer=ISSUER, JwtAudience=AUDIENCE)
    variables = locked.properties("Function")["Environment"]["Variables"]
    assert variables["AUTH_MODE"] == mode
    assert variables["JWT_ISSUER"] == ISSUER
    assert variables["JWT_AUDIENCE"] == AUDIENCE


def test_jwt_without_issuer_or_audience_is_refused(default: Stack) -> None:
    rule = default.rules["JwtIsComplete"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "AuthMode"}, "JWT"]}
    assert [assertion["Assert"] for assertion in rule["Assertions"]] == [
        {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]} for name in ("JwtIssuer", "JwtAudience")
    ]


def test_sites_that_are_named_may_call_and_ask_first_without_a_token() -> None:
    sites = ["https://one.example", "https://two.example"]
    open_to = by_token(CorsOrigins=",".join(sites))
    cors = open_to.properties("Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == sites
    assert cors["AllowMethods"] == ["GET", "POST"]
    assert cors["AllowHeaders"] == ["authorization", "content-type"]
    routes = open_to.of_type("AWS::ApiGatewayV2::Route")
    kinds = {route["RouteKey"]: route["AuthorizationType"] for route in routes.values()}
    assert kinds == {"ANY /": "JWT", "ANY /{proxy+}": "JWT", "OPTIONS /{proxy+}": "NONE"}


def test_who_may_call_can_be_changed_later(default: Stack) -> None:
    # Routes are made before others are removed, and an API refuses a second one of the same key.
    def names_and_keys(made: Stack) -> set[tuple[str, str]]:
        routes = made.of_type("AWS::ApiGatewayV2::Route")
        return {(name, route["RouteKey"]) for name, route in routes.items()}

    at_once = names_and_keys(default) | names_and_keys(by_token())
    assert len({key for _, key in at_once}) == len(at_once)


def by_token(**parameters: object) -> Stack:
    return stack(AuthMode="JWT", JwtIssuer=ISSUER, JwtAudience=AUDIENCE, **parameters)


def authorization(made: Stack) -> set[str]:
    routes: dict[str, Resource] = made.of_type("AWS::ApiGatewayV2::Route")
    return {route["AuthorizationType"] for route in routes.values()}
