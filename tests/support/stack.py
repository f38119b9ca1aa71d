"""The stack that template.yaml makes, as CloudFormation is asked for it, for given parameters."""

import json
import subprocess
from functools import cache
from typing import Any

from tests.support.lambda_runtime import PROJECT, SAM, SAM_ENVIRONMENT

Resource = dict[str, Any]

# aws-sam-translator is in the environment of aws-sam-cli only. It wants code that is uploaded.
_TRANSFORM = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform
template = yaml_parse(open("template.yaml", encoding="utf-8").read())
parameters = {name: made.get("Default") for name, made in template["Parameters"].items()}
parameters |= json.loads(sys.argv[1])
template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
print(json.dumps([transform(template, parameters, None), parameters]))
"""
_NOTHING = object()


class Stack:
    """The resources of a stack, with what depends on its parameters decided.

    References to other resources stay as they are: `{"Ref": "Artifacts"}`.
    """

    def __init__(self, template: Resource, parameters: Resource) -> None:
        self._template = template
        self._values = parameters
        self.resources: dict[str, Resource] = {
            name: self._resolve(resource)
            for name, resource in template["Resources"].items()
            if self._holds(resource.get("Condition"))
        }
        self.outputs: dict[str, Resource] = {
            name: self._resolve(output)
            for name, output in template["Outputs"].items()
            if self._holds(output.get("Condition"))
        }

        self.parameters: dict[str, Resource] = template["Parameters"]
        self.rules: dict[str, Resource] = template["Rules"]
        self.mappings: dict[str, Resource] = template["Mappings"]

    def properties(self, name: str) -> Resource:
        """The properties of a resource."""
        found: Resource = self.resources[name]["Properties"]
        return found

    def written(self, name: str) -> Resource:
        """The properties of a resource with its references to parameters."""
        found: Resource = self._template["Resources"][name]["Properties"]
        return found

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The properties of all resources of a type, by name."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def _holds(self, condition: str | None) -> bool:
        if condition is None:
            return True
        # Conditions may name each other, in any order.
        return bool(self._resolve(self._template["Conditions"][condition]))

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            items = (self._resolve(item) for item in node)
            return [item for item in items if item is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            if name == "Ref" or name.startswith("Fn::") or name == "Condition":
                return self._function(name, value)
        items_of = ((key, self._resolve(value)) for key, value in node.items())
        return {key: value for key, value in items_of if value is not _NOTHING}

    def _function(self, name: str, value: Any) -> Any:
        found: Any = {name: self._resolve(value)}
        match name:
            case "Ref":
                found = self._parameter(value)
            case "Condition" if isinstance(value, str):
                found = self._holds(value)
            case "Fn::If":
                found = self._resolve(value[1] if self._holds(value[0]) else value[2])
            case "Fn::Equals":
                one, other = self._resolve(value)
                found = str(one) == str(other)
            case "Fn::Not":
                found = not self._resolve(value)[0]
            case "Fn::Join":
                found = value[0].join(self._resolve(value[1]))
        return found

    def _parameter(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name not in self._values:
            return {"Ref": name}
        value = self._values[name]
        if self._template["Parameters"][name]["Type"] == "CommaDelimitedList":
            return value.split(",")
        return value


def stack(**parameters: object) -> Stack:
    """The stack that these parameters make; the others have their defaults."""
    template, values = _transformed(json.dumps(parameters, sort_keys=True))
    return Stack(template, values)


@cache
def _transformed(parameters: str) -> tuple[Resource, Resource]:
    done = subprocess.run(
        [str(SAM.with_name("python")), "-c", _TRANSFORM, parameters],
        cwd=PROJECT, env=SAM_ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    template, values = json.loads(done.stdout)
    return template, values
