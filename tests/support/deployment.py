"""The stack in an emulator of AWS, at the stages of its life, which lead from each to the next."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.account import Account, for_emulator
from tests.support.issuer import Issuer, token_issuer
from tests.support.lambda_runtime import PROJECT
from tools.emulator import emulator

REPOSITORY, AUDIENCE = "network/lenta", "lenta"


@pytest.fixture(scope="module")
def account(function_version: str) -> Iterator[Account]:
    """An account with nothing in it."""
    with emulator(function_version) as running:
        yield Account(running)


@pytest.fixture(scope="module")
def packaged(
    account: Account, built_function: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The built template whose function is uploaded, as `sam deploy` would upload it."""
    folder = tmp_path_factory.mktemp("packaged")
    return account.package(built_function.with_name("template.yaml"), folder)


@pytest.fixture(scope="module")
def created(account: Account, packaged: Path) -> Account:
    """The account with the stack, which has no release yet."""
    account.deploy(for_emulator(packaged), TrainingRepository=REPOSITORY)
    return account


@pytest.fixture(scope="module")
def published(created: Account, demo_source: Path) -> Account:
    """The account whose stack has a release, published as the how-to says."""
    subprocess.run(
        [
            sys.executable, "-m", "train", "run",
            "--source", str(demo_source), "--store", created.outputs()["Store"],
        ],
        cwd=PROJECT, env=created.emulator.environment(), capture_output=True, check=True,
    )  # fmt: skip
    return created


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with token_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def locked(published: Account, packaged: Path, issuer: Issuer) -> Account:
    """The account whose stack was changed: calls need a token of the issuer."""
    published.deploy(
        for_emulator(packaged), AuthMode="JWT", JwtIssuer=issuer.url, JwtAudience=AUDIENCE,
        MemorySize="2048", LogRetentionDays="7",
    )  # fmt: skip
    return published
