"""Quick tests first: what starts servers or builds the function runs after all else."""

import hypothesis
import pytest

# How long an example takes says nothing where other programs run.
hypothesis.settings.register_profile("lenta", deadline=None)
hypothesis.settings.load_profile("lenta")

pytest_plugins = [
    "tests.support.browser",
    "tests.support.lambda_runtime",
    "tests.support.mlflow",
    "tests.support.postgres",
    "tests.support.releases",
    "tests.support.s3_server",
    "tests.support.sam",
    "tests.support.deployment",
]

_SERVERS = {"postgres_server", "s3_endpoint", "built_function", "docker_engine"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
