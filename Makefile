# The commands of the project; each sets up what it needs. `make study` and `make test` are the two.
.PHONY: study test test-slurm test-conda env lock
STUDY = config.yaml

# another study: make study STUDY=studies/smoke.yaml
study: env
	.venv/bin/holdfast check $(STUDY)
	.venv/bin/snakemake --cores all --configfile $(STUDY)

test: env
	.venv/bin/python -m pytest

# on a real Slurm of one node, from Debian's packages; needs root
test-slurm: env
	.venv/bin/python -m pytest -n 0 -s tests/slurm

# `--use-conda` with package archives of a local channel
test-conda: env
	.venv/bin/python -m pip install --quiet -r tests/conda/requirements.txt
	.venv/bin/python -m pytest -n 0 -s tests/conda

env:
	tools/set_up.sh

# after an edit of requirements.in
lock: env
	.venv/bin/uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 requirements.in -o requirements.lock
