"""What a command came to, kept in MLflow where MLFLOW_TRACKING_URI is set, and else nowhere.

MLflow is imported when the work is done, and only then.
"""

import io
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib.util import find_spec
from typing import Any

from train.errors import TrackingError
from train.progress import Log
from train.settings import RunSettings
from train.tracking.entries import Entry

VARIABLE = "MLFLOW_TRACKING_URI"
"""The variable that names the MLflow that keeps figures and reports, if they are to be kept."""
EXPERIMENT_VARIABLE = "MLFLOW_EXPERIMENT_NAME"
"""The variable that names MLflow's experiment that they are kept in, `lenta` if it is not set."""
_EXPERIMENT = "lenta"
_MOST_METRICS = 1_000
"""Of one request: https://mlflow.org/docs/latest/api_reference/rest-api.html#log-batch"""
_LONGEST_REASON = 300
_DEFAULTS = {
    # The release is out by now: nobody should wait for minutes where no server is.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

Track = Callable[[Callable[[], Iterable[Entry]]], None]
"""Keeps what a command came to. Where nothing is kept, the entries are never made."""


def tracker(command: str, settings: RunSettings, log: Log, **more: object) -> Track:
    """What to call when the command has done its work.

    Args:
        command: its name.
        settings: what it is told.
        log: told, in one warning, if the entries could not be kept.
        more: what else it is told.

    Raises:
        TrackingError: there is no MLflow to track with.
    """
    if not os.environ.get(VARIABLE):
        return lambda _: None
    if find_spec("mlflow") is None:
        raise TrackingError(
            f"{VARIABLE} is set, and MLflow is not installed: run in the environment that "
            "`make .venv-mlflow/ready` makes, install mlflow-skinny, or unset the variable"
        )
    began = time.time()
    told = {name: value for name, value in {**settings.told, **more}.items() if value is not None}

    def track(entries: Callable[[], Iterable[Entry]]) -> None:
        try:
            # What MLflow says meanwhile is no line of ours.
            with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
                for entry in entries():
                    _keep(command, entry, told, round(began * 1_000))
        except Exception as error:  # noqa: BLE001 - whatever it was, the work is done
            said = re.sub(r"//[^/@\s]*@", "//", " ".join(str(error).split()))[:_LONGEST_REASON]
            warning = f"MLflow has not kept this {command}: {type(error).__name__}: {said}"
            log.warning(warning)

    return track


def _keep(command: str, entry: Entry, told: Mapping[str, object], began: int) -> None:
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient  # noqa: PLC0415 - optional, and takes seconds
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - the same

    client = MlflowClient()
    run = client.create_run(_experiment(client), start_time=began, run_name=entry.name).info.run_id
    ended = "FAILED"
    try:
        now = round(time.time() * 1_000)
        metrics = [Metric(_allowed(k), float(v), now, 0) for k, v in entry.figures.items()]
        for first in range(0, len(metrics), _MOST_METRICS):
            client.log_batch(run, metrics=metrics[first : first + _MOST_METRICS])
        params = [Param(name, str(value)) for name, value in told.items()]
        tags = [RunTag(name, value) for name, value in {"command": command, **entry.tags}.items()]
        client.log_batch(run, params=params, tags=tags)
        for name, text in entry.files.items():
            client.log_text(run, text, name)
        ended = "FINISHED"
    finally:
        with suppress(Exception):
            client.set_terminated(run, ended)


def _experiment(client: Any) -> str:  # noqa: ANN401 - MLflow need not be there
    name = os.environ.get(EXPERIMENT_VARIABLE) or _EXPERIMENT
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _allowed(name: str) -> str:
    """The name of a metric, without what MLflow forbids in one."""
    return re.sub(r"[^\w\-. :/]", "", name.replace("@", "_at_"))
