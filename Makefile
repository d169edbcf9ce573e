# The commands of the project; each sets up what it needs. `make study` and `make test` are the two.
.PHONY: study test env lock

study: env
	.venv/bin/snakemake --cores all

test: env
	.venv/bin/python -m pytest

env:
	tools/set_up.sh

# after an edit of requirements.in (needs uv in the environment)
lock: env
	.venv/bin/uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 requirements.in -o requirements.lock
