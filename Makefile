# The commands of the project; each sets up what it needs. `make study` and `make test` are the two main ones.
.PHONY: study docs readme-figure test browser test-packages test-browser test-slurm test-conda test-vllm env env-vllm lock lock-vllm audit lock-audit
STUDY = config.yaml

# another study: make study STUDY=studies/smoke.yaml, or its name
study: env
	@.venv/bin/holdfast check "$(STUDY)"
	@.venv/bin/holdfast unlock
	@file="$$(.venv/bin/holdfast check --file "$(STUDY)")" && \
	  .venv/bin/snakemake --cores all --configfile "$$file"

# the README's figure, from the finished default study; CHECK=--check only compares
readme-figure: env
	.venv/bin/python tools/readme_figure.py $(CHECK)

# the pages that are made from the code: the configuration's keys, the tables' columns
docs: env
	.venv/bin/python -m holdfast.documentation.configuration_page > docs/configuration.md
	.venv/bin/python -m holdfast.documentation.tables_page > docs/tables.md

test: env browser
	.venv/bin/python -m pytest

# tests look at the page in Chromium
browser:
	command -v chromium google-chrome >/dev/null || { test "$$(id -u)" = 0 && apt-get -qq update && \
	  apt-get -qq install --no-install-recommends chromium >/dev/null; } || \
	  { echo "The tests look at the page in Chromium: install it, then try again." >&2; exit 1; }

# on a real Slurm of one node, from Debian's packages; needs root
test-slurm: env
	.venv/bin/python -m pytest -n 0 -s tests/slurm

# what the next two need besides; `make test` does without it
test-packages: env
	.venv/bin/python -m pip install --quiet --require-hashes --no-deps -r tests/browser/requirements.txt
	.venv/bin/python -m pip install --quiet -r tests/conda/requirements.txt

# the page in a real browser; needs Chromium
test-browser: test-packages browser
	.venv/bin/python -m pytest -n 0 tests/browser

# `--use-conda` with package archives of a local channel
test-conda: test-packages
	.venv/bin/python -m pytest -n 0 -s tests/conda

env:
	@tools/set_up.sh

# where vLLM computes the answers, on processors: .venv-vllm/bin/snakemake … runs a study
env-vllm:
	TORCH=cpu tools/set_up.sh .venv-vllm requirements-vllm.lock

test-vllm: env-vllm
	.venv-vllm/bin/python -m pytest -n 0 tests/vllm

COMPILE = .venv/bin/uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11

# after an edit of requirements.in
lock: env
	$(COMPILE) --overrides tools/lock-overrides.txt --no-emit-package torch requirements.in -o requirements.lock

# after an edit of requirements-vllm.in; UV_FIND_LINKS or UV_EXTRA_INDEX_URL say where torch +cpu is
lock-vllm: env
	$(COMPILE) $(foreach p,torch torchvision torchaudio torchcodec,--no-emit-package $(p)) \
	  requirements-vllm.in -o requirements-vllm.lock

# known vulnerabilities in the locked packages; where no service answers, the lock alone is checked
audit: env
	test -x .venv-audit/bin/pip-audit || { .venv/bin/python -m venv .venv-audit && \
	  .venv-audit/bin/python -m pip install --quiet --require-hashes -r tools/audit.lock; }
	.venv-audit/bin/python tools/audit.py

# after an edit of tools/audit.in
lock-audit: env
	$(COMPILE) tools/audit.in -o tools/audit.lock
