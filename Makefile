# `make repro` and `make test` first install missing packages. No other preparation is needed.
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
COG = -I . -U -n utf-8 --verbosity=1
SENTENCES = --mapping-file pyproject.toml --keyword noop --add-location file
DOCUMENTS = README.md $(sort $(wildcard docs/*.md))
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup repro test test-fast check docs format schema lock publish ui report why sweep ci-repro verify survey studies confirm soak security bench texts site clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Install the packages of requirements.lock into .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "latente needs Python 3.11 or newer, but $(PYTHON) is %d.%d: install a newer Python and run `make PYTHON=/path/to/python3 ...`." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	pip install --quiet --requirement requirements.lock
	pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): $(READY) requirements-dev.lock
	pip install --quiet --requirement requirements-dev.lock
	@touch $@

repro: $(READY)  ## Run the stages that are not up to date, write the report, and publish the study
	latente repro

test: $(READY_DEV)  ## Run the tests
	pytest --numprocesses auto --maxprocesses 4 --dist worksteal

test-fast: $(READY_DEV)  ## Run the tests, without those that run the pipeline or take long
	pytest --numprocesses auto --maxprocesses 4 --dist worksteal -m 'not slow'

check: $(READY_DEV)  ## Check format, lint rules, types, imports, doctests and generated documents
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	pytest --doctest-modules src benchmarks documents -q --no-header
	cog $(COG) --check --diff --check-fail-msg='run `make docs`' $(DOCUMENTS)

docs: $(READY_DEV)  ## Write the numbers in README.md and docs/ again, from the committed results
	cog $(COG) -r $(DOCUMENTS)

format: $(READY_DEV)  ## Format the code, and fix lint errors where ruff can
	ruff format .
	ruff check --fix .

schema: $(READY)  ## Write params.schema.json again; needed after a change of a parameter class
	latente schema

lock: $(READY_DEV)  ## Update the lock files from pyproject.toml; UPGRADE=1 also upgrades every package
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	latente versions

publish: $(READY)  ## Publish the study to MLflow as rows, unless it is already there
	latente publish

ui: $(READY)  ## Start the MLflow UI at http://127.0.0.1:5000
	@case "$(STORE)" in http*) echo "MLFLOW_TRACKING_URI names a server; open its address to see the runs.";; \
	  *) MLFLOW_BACKEND_STORE_URI="$(STORE)" mlflow server --host 127.0.0.1 --port 5000 \
	       --allowed-hosts localhost:5000,127.0.0.1:5000;; esac

why: $(READY)  ## Show which stages would run, and why
	latente why

sweep: $(READY)  ## Run the study with each value of SET, for example SET=models.vae.beta=0.25,1,4
	latente publish
	dvc exp run --queue --set-param '$(SET)'
	dvc exp run --run-all
	latente sweep '$(SET)'

ci-repro: $(READY)  ## Run the pipeline, and write the changes from BASE to reproduction.md
	@dvc checkout --allow-missing --quiet 2>/dev/null || true
	latente ci --base '$(BASE)'

verify: $(READY)  ## Run all stages again, and compare the output bytes with the committed ones
	rm -rf data/checkpoints
	dvc repro --force --no-run-cache
	@git diff --exit-code --stat -- dvc.lock reports data/study.json \
	  && echo "All bytes are the same as the committed ones." \
	  || { echo "The files above differ from the committed ones: another processor, or a change without a run."; exit 1; }

survey: $(READY)  ## Run the changed settings of the survey, then the study that reads their results
	latente repro survey/dvc.yaml
	latente survey
	latente repro

studies: $(READY)  ## Test the committed claims in whole studies under other settings (hours)
	latente study
	latente survey
	latente repro

confirm: $(READY)  ## Test the committed claims on new seeds and other images, then run the study that reads the result
	latente confirm
	latente repro

soak: $(READY_DEV)  ## Test recovery for an hour: kills, changed parameters and failing stores
	python -m tests.soak --rounds $(ROUNDS) --seed $(SEED)

bench: $(READY_DEV)  ## Measure the speed against other software, and write docs/performance.md; PARTS chooses some
	pip install --quiet --no-deps --upgrade --target .bench --requirement benchmarks/requirements.txt
	PYTHONPATH=.bench TQDM_DISABLE=1 python -m benchmarks.performance $(PARTS)

security: $(READY_DEV)  ## List the licences of all packages, and check the packages for known vulnerabilities
	uv tool run --from pip-licenses==5.5.5 pip-licenses --python .venv/bin/python --order license --format markdown \
	  --output-file docs/licences.md
	uv tool run --from pip-audit==2.10.1 pip-audit --requirement requirements.lock --no-deps --disable-pip --strict

report: $(READY)  ## Update the report, and open it
	dvc repro report
	@python -m webbrowser -t "file://$(CURDIR)/reports/report.html" || echo "reports/report.html, and in Spanish reports/informe.html"

texts: $(READY_DEV)  ## Write new sentences of the report into its Spanish catalogue, which you then translate
	pybabel --quiet extract $(SENTENCES) --output-file .texts.tmp src/latente/report
	pybabel --quiet update --locale es --input-file .texts.tmp --output-file src/latente/report/texts/es.po --width 120 \
	  --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date
	rm .texts.tmp

site:  ## Copy the report in both languages and the explorer to site/, for any web server
	mkdir -p site
	cp reports/report.html reports/informe.html reports/explore.html site/
	cp reports/report.html site/index.html

clean:  ## Remove .venv and the caches of tools; results, runs and data remain
	rm -rf .venv .bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
