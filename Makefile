# The targets are shown by `make help`. GNU make 3.81 (macOS) is enough, and only relative paths
# are used, so that a folder with spaces in its name does.
#
#   DATASETS="a b"   registry entries to build; empty: those of workflow/config.yaml
#   REGISTRY=path    a registry of yours beside data/datasets.yaml
#   CORES=2          processors to use; all: every one that there is
#   V=1              show everything that is printed, which otherwise is in logs/ only
#   PYTHON=path      the Python to make .venv with; empty: as before, or the first that fits
#   ARGS="..."       passed on to pytest (make test, test-system), benchmarks/run.py (make bench) or
#                    scripts/calibrate.py (make calibrate)
#   UPGRADE=1        make lock: newest versions, not only what pyproject.toml asks for anew
CORES ?= all
DATASETS ?=
REGISTRY ?=
V ?=
PYTHON ?=
ARGS ?=
UPGRADE ?=
export PYTHON
export V
# If it is set, each step of the workflow compiles all its imports again, in two seconds.
unexport PYTHONDONTWRITEBYTECODE

variables := CORES DATASETS REGISTRY V PYTHON ARGS UPGRADE
given = $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
quoted = '$(subst ','\'',$(1))'

registry = $(if $(REGISTRY),--registry "$(REGISTRY)")

.DEFAULT_GOAL := help
.PHONY: help report figures publish archive verify test test-system bench calibrate lint format images lock check-lock clean distclean install install-dev options

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

report: install ## Build the pages in reports/ (DATASETS="..." selects, CORES=..., V=1: all messages)
	@.venv/bin/python workflow/run.py $(if $(V),--verbose) --cores "$(CORES)" --datasets "$(DATASETS)" $(registry)

figures: install ## Draw the figures as SVG, PDF and PNG (DATASETS="..." selects, CORES=...)
	@.venv/bin/python workflow/run.py all_figures $(if $(V),--verbose) --cores "$(CORES)" --datasets "$(DATASETS)" $(registry)

publish: install ## Write datasets with cards to published/; uploads nothing (DATASETS="...")
	@.venv/bin/python workflow/run.py all_published $(if $(V),--verbose) --cores "$(CORES)" --datasets "$(DATASETS)" $(registry)

archive: install ## Pack pages, tables and code into one zip in archives/ (DATASETS="...")
	@.venv/bin/python workflow/run.py all_archived $(if $(V),--verbose) --cores "$(CORES)" --datasets "$(DATASETS)" $(registry)

verify: install ## Check sources and results against their sums (DATASETS="..." selects)
	@.venv/bin/python workflow/verify.py --datasets "$(DATASETS)" $(registry)

test: install-dev ## Run all tests except the longer ones (ARGS="tests/test_x.py -k name" selects)
	@.venv/bin/python -m pytest -m "not system" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-system: install-dev ## Run the longer tests: a browser, other runs of the workflow, Slurm, installations
	@.venv/bin/python -m pytest -m system -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

bench: install ## Measure speed against the bars; results in benchmarks/results/ (ARGS="pages")
	@.venv/bin/python benchmarks/run.py $(ARGS)

calibrate: install ## Run the simulations of docs/calibration.md (ARGS="--curves 200": quick)
	@.venv/bin/python scripts/calibrate.py $(ARGS)

lint: install-dev ## Check style, imports between modules, and the workflow
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow
	.venv/bin/lint-imports
	.venv/bin/snakemake --lint
	@if command -v shellcheck >/dev/null 2>&1; then \
		echo shellcheck scripts/*.sh; shellcheck scripts/*.sh; \
	else \
		echo "shellcheck: not on this machine, left out"; \
	fi

format: install-dev ## Format Python and Snakemake files
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .
	.venv/bin/snakefmt Snakefile workflow

images: install-dev report ## Take the screenshot for the README
	@.venv/bin/python docs/images/make.py

# Universal locks: one file for all Pythons and systems; names, versions, markers and hashes only.
# The development lock is made first and binds the others, so that what they share has the same
# pins, and what `make test` tests is what `make report` runs.
compile := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
build-requires := .venv/bin/python -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
locks := requirements-uv.lock requirements-build.lock requirements.lock requirements-dev.lock

lock: install-dev ## Update the lock files from pyproject.toml (UPGRADE=1: newest versions)
	@$(compile) $(if $(UPGRADE),--upgrade) pyproject.toml --extra dev -o requirements-dev.lock
	@$(compile) $(if $(UPGRADE),--upgrade) pyproject.toml -c requirements-dev.lock -o requirements.lock
	@$(build-requires) | $(compile) $(if $(UPGRADE),--upgrade) - -c requirements-dev.lock \
		-o requirements-build.lock
	@echo uv | $(compile) $(if $(UPGRADE),--upgrade) - -c requirements-dev.lock \
		-o requirements-uv.lock
	@git --no-pager diff --stat -- $(locks)

# First: the same pins follow from pyproject.toml today, and every locked hash is one that the
# index has for that version. Then: for each Python and system there is a file of every pin,
# without installing any; wheels only, but for the packages that have none. Linux means glibc
# 2.28 or later.
systems := x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin x86_64-apple-darwin
source-only := connection-pool
resolve := .venv/bin/uv pip install --dry-run --require-hashes --no-deps \
	--target logs/check-lock/none --only-binary :all: $(addprefix --no-binary ,$(source-only))

check-lock: install-dev ## Check that the locks resolve for Python 3.11 to 3.13, Linux and macOS
	@rm -rf logs/check-lock; mkdir -p logs/check-lock; failed=0; \
	new=logs/check-lock; log=logs/check-lock/problems; \
	{ $(compile) pyproject.toml --extra dev -c requirements-dev.lock -o $$new/requirements-dev.lock; \
	  $(compile) pyproject.toml -c requirements-dev.lock -c requirements.lock \
		-o $$new/requirements.lock; \
	  $(build-requires) | $(compile) - -c requirements-dev.lock -c requirements-build.lock \
		-o $$new/requirements-build.lock; \
	  echo uv | $(compile) - -c requirements-dev.lock -o $$new/requirements-uv.lock; } >>$$log 2>&1; \
	for lock in $(locks); do \
		sed 's/ \\$$//' $$lock >$$new/old; sed 's/ \\$$//' $$new/$$lock >$$new/new 2>>$$log; \
		if grep == $$new/old >$$new/old-pins; grep == $$new/new >$$new/new-pins; \
			cmp $$new/old-pins $$new/new-pins >>$$log 2>&1 && \
			! grep -v -x -F -f $$new/new $$new/old >>$$log; \
		then echo "$$lock: in step with pyproject.toml, hashes as in the index"; \
		else echo "$$lock: FAILS, run 'make lock'"; failed=1; fi; \
	done; \
	for python in 3.11 3.12 3.13; do for system in $(systems); do \
		at="--python-version $$python --python-platform $$system"; \
		if $(resolve) $$at -r requirements-build.lock -r requirements-dev.lock >$$new/last 2>&1 && \
			$(resolve) $$at -r requirements.lock >$$new/last 2>&1; \
		then echo "Python $$python on $$system: resolves"; \
		else echo "Python $$python on $$system: FAILS"; cat $$new/last >>$$log; failed=1; fi; \
	done; done; \
	if [ $$failed = 0 ]; then echo "check-lock: pass"; \
	else tail -n 15 $$log; echo "check-lock: fail (all of it: $$log)"; exit 1; fi

# Only what the workflow, the tests and the tools generate and git ignores.
clean: options ## Remove generated data, reports, logs and caches
	rm -rf data/raw data/processed reports published archives logs benchmarks/results .snakemake build dist
	rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name .venv -prune -o -name .git -prune -o -type d -name __pycache__ -exec rm -rf {} +

distclean: clean ## Remove the environment as well
	rm -rf .venv .install.lock *.egg-info

install: options
	@sh scripts/install.sh run

install-dev: options
	@sh scripts/install.sh dev

# First of all: the other targets come by one of the two above, or by `clean`.
options:
	@sh scripts/options.sh "$(variables)" $(call quoted,$(given)) $(call quoted,$(CORES))
