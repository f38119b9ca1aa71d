PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
SAM := .venv-sam/bin/sam

# Each command is a process of its own: without bytecode it would spend seconds on its imports.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-sam test-deploy quick check audit docs reference bench bench-scale lock clean build-Function

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/ready .venv-sam/ready ## the environments, with everything pinned

# uv installs in seconds what takes pip minutes; it comes from the same registry, pinned like the rest.
$(VENV)/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet "$$(grep '^uv==' requirements.txt)"
	$(UV) pip install --quiet --python $(PY) -r requirements.txt
	@touch $@

.venv-sam/ready: tools/sam-requirements.txt $(VENV)/ready
	$(UV) venv --quiet --clear --python $(PY) .venv-sam
	$(UV) pip install --quiet --python .venv-sam/bin/python -r tools/sam-requirements.txt
	@touch $@

.venv-bench/ready: tools/bench-requirements.txt $(VENV)/ready
	$(UV) venv --quiet --clear --python $(PY) .venv-bench
	$(UV) pip install --quiet --python .venv-bench/bin/python -r tools/bench-requirements.txt
	@touch $@

.venv-docs/ready: tools/docs-requirements.txt $(VENV)/ready
	$(UV) venv --quiet --clear --python $(PY) .venv-docs
	$(UV) pip install --quiet --compile-bytecode --python .venv-docs/bin/python -r tools/docs-requirements.txt
	@touch $@

.venv-mlflow/ready: tools/mlflow-requirements.txt $(VENV)/ready
	$(UV) venv --quiet --clear --python $(PY) .venv-mlflow
	$(UV) pip install --quiet --compile-bytecode --python .venv-mlflow/bin/python -r tools/mlflow-requirements.txt
	@touch $@

demo: $(VENV)/ready ## a private PostgreSQL with demo data, a trained release, and its feed to look at
	$(PY) -m tools.demo

test: setup ## all tests
	$(PY) -m pytest

test-sam: setup ## the tests of `sam local`, which want Docker, or root to start it
	$(PY) -m pytest tests/end_to_end/test_sam_local.py

test-deploy: setup ## the tests of `sam deploy`, in an emulator of AWS
	$(PY) -m pytest tests/end_to_end/test_sam_deploy.py

quick: $(VENV)/ready ## the tests that start no server and train nothing
	$(PY) -m pytest -m "not slow"

check: setup ## ruff, mypy, import-linter, the scripts, the workflows and the template
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/shellcheck .ci/*
	$(VENV)/bin/actionlint -shellcheck $(VENV)/bin/shellcheck
	$(VENV)/bin/zizmor --offline --quiet .github/workflows
	SAM_CLI_TELEMETRY=0 $(SAM) validate --lint --region eu-central-1

audit: $(VENV)/ready ## look the libraries up among known vulnerabilities, and list them in build/sbom/
	$(PY) -m tools.audit

reference: $(VENV)/ready ## write anew what docs/reference/ has from the code
	$(PY) -m tools.reference

docs: .venv-docs/ready ## the documents as a site, in site/
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet --strict

bench: setup .venv-bench/ready ## measure, and write .bench/*.json; half an hour
	.venv-bench/bin/python -m tools.bench

bench-scale: setup .venv-bench/ready ## the whole network: 77 million rows, growth, pandas, two workers; an hour
	.venv-bench/bin/python -m tools.bench.scale

mutation: setup .venv-bench/ready ## whether tests notice changes of artifacts/ and the handler's core; an hour
	.venv-bench/bin/mutmut run
	.venv-bench/bin/mutmut results

lock: $(VENV)/ready ## pin the newest versions that fit together
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate requirements.in -o requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate tools/sam-requirements.in -o tools/sam-requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --constraint requirements.txt tools/bench-requirements.in -o tools/bench-requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate tools/mlflow-requirements.in -o tools/mlflow-requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate tools/audit-requirements.in -o tools/audit-requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate tools/docs-requirements.in -o tools/docs-requirements.txt
	$(UV) pip compile --quiet --upgrade --python-version 3.13 --no-annotate tools/runtime-requirements.in -o tools/runtime-requirements.txt
	$(UV) pip compile --quiet --upgrade --python-version 3.13 --no-annotate tools/ministack-requirements.in -o tools/ministack-requirements.txt
	$(UV) pip compile --quiet --upgrade --generate-hashes --python-version 3.13 --python-platform x86_64-manylinux_2_28 handler/requirements.in -o handler/requirements.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-* .aws-sam .demo .bench build mutants site

# Called by `sam build`: fills ARTIFACTS_DIR with the function.
build-Function:
	$(PY) -m tools.package "$(ARTIFACTS_DIR)"
