# `make repro` and `make test` install what is missing and do everything else.
PYTHON ?= python3
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
BASE ?= main
ROUNDS ?= 50
SEED ?= 0
SET ?= models.vae.beta=0.25,1,4
STORE = $${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}
COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --no-emit-index-url --no-header \
  --annotation-style line --quiet $(if $(filter 1,$(UPGRADE)),--upgrade)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup repro test check format schema lock publish ui report why sweep ci-repro verify survey soak security bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "latente needs Python 3.11 or newer, and $(PYTHON) is %d.%d: install one and run `make PYTHON=/path/to/it ...`." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	pip install --quiet --requirement requirements.lock
	pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): $(READY) requirements-dev.lock
	pip install --quiet --requirement requirements-dev.lock
	@touch $@

repro: $(READY)  ## Run whatever has changed, up to reports/report.html
	latente params
	latente repro
	latente publish

test: $(READY_DEV)  ## Run the tests
	pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: $(READY_DEV)  ## Format, lint, types, imports, doctests
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	pytest --doctest-modules src benchmarks -q --no-header

format: $(READY_DEV)  ## Rewrite the code as `check` wants it
	ruff format .
	ruff check --fix .

schema: $(READY)  ## Write params.schema.json anew, after a change of a section's class
	latente schema

lock: $(READY_DEV)  ## Add to the locks what pyproject.toml asks for; with UPGRADE=1, upgrade every package
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	latente versions

publish: $(READY)  ## Write the study as rows into MLflow, if it is not there
	latente publish

ui: $(READY)  ## Serve the tracked runs at http://127.0.0.1:5000
	@case "$(STORE)" in http*) echo "The runs are at the server that MLFLOW_TRACKING_URI names.";; \
	  *) MLFLOW_BACKEND_STORE_URI="$(STORE)" mlflow server --host 127.0.0.1 --port 5000 \
	       --allowed-hosts localhost:5000,127.0.0.1:5000;; esac

why: $(READY)  ## Tell which stages would run, and why
	latente why

sweep: $(READY)  ## Run the study with each value of SET, for instance SET=models.vae.beta=0.25,1,4
	latente publish
	dvc exp run --queue --set-param '$(SET)'
	dvc exp run --run-all
	latente sweep '$(SET)'

ci-repro: $(READY)  ## Run the pipeline and write what changed against BASE to reproduction.md
	@dvc checkout --allow-missing --quiet 2>/dev/null || true
	latente ci --base '$(BASE)'

verify: $(READY)  ## Run everything anew and compare the bytes with those committed
	rm -rf data/checkpoints
	dvc repro --force --no-run-cache
	@git diff --exit-code --stat -- dvc.lock reports data/study.json \
	  && echo "The same bytes as committed." \
	  || { echo "The files above differ from those committed: another processor, or a change that was not run."; exit 1; }

survey: $(READY)  ## Run the settings of the survey that changed, then the study that reads their results
	latente repro survey/dvc.yaml
	latente survey
	latente repro
	latente publish

soak: $(READY_DEV)  ## Fifty rounds of kills, changed parameters and failing stores; about an hour
	python -m tests.soak --rounds $(ROUNDS) --seed $(SEED)

bench: $(READY_DEV)  ## Measure against other ways to train and to score, into docs/performance.md: all SECTIONS, or some
	pip install --quiet --no-deps --upgrade --target .bench --requirement benchmarks/requirements.txt
	PYTHONPATH=.bench TQDM_DISABLE=1 python -m benchmarks.performance $(SECTIONS)

security: $(READY_DEV)  ## List the licences of installed packages, and check them for known vulnerabilities
	uv tool run --from pip-licenses==5.5.5 pip-licenses --python .venv/bin/python --order license --format markdown \
	  --output-file docs/licences.md
	uv tool run --from pip-audit==2.10.1 pip-audit --requirement requirements.lock --no-deps --disable-pip --strict

report: $(READY)  ## Bring the report up to date and open it
	dvc repro report
	@python -m webbrowser -t "file://$(CURDIR)/reports/report.html" || echo "reports/report.html"

clean:  ## Remove the environment and the caches; results, runs and data stay
	rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
