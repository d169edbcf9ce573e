#!/usr/bin/env bash
# Make an environment once, from its lock; do nothing if it is there and in step.
#   tools/set_up.sh [FOLDER LOCK]   default: .venv requirements.lock
#   TORCH=cpu|default   which build of torch (default: cpu where there is no NVIDIA GPU)
#   PYTHON=python3.12   which Python (3.11 or newer)
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
torch_version=2.13.0
venv=${1:-.venv} lock=${2:-requirements.lock}
stamp=$venv/holdfast-set-up

fail() { echo "set-up: $*" >&2; exit 1; }
case $PWD in
  *:*) fail "the folder '$PWD' has a ':' in its name, which no environment of Python can have. Rename it.";;
  *[{}]*) fail "the folder '$PWD' has a '{' or '}' in its name, which Snakemake takes for a placeholder. Rename it.";;
  *$'\n'*) fail "the folder '$PWD' has a line break in its name, which no command can have. Rename it.";;
esac
command -v "$python" >/dev/null || fail "there is no '$python'. Install Python 3.11 or newer, or set PYTHON."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Python 3.11 or newer is needed; '$python' is $("$python" -V 2>&1). Set PYTHON to a newer one."

build=${TORCH:-}
if [ -z "$build" ]; then
  build=default
  if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then build=cpu; fi
fi
wanted="$(cat "$lock" tools/set_up.sh tools/launchers.py | cksum) torch $build"
works() { "$venv/bin/python" -c '' 2>/dev/null; }  # not where it was brought from another machine
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && works; then exit 0; fi

echo "set-up: making the environment in $venv/ (once; two minutes or so)"
clear=$([ ! -e "$venv" ] || works || echo --clear)
"$python" -m venv $clear "$venv" || fail "'$python -m venv' does not work; on Debian install python3-venv."
# a lock names all that its packages need but torch: nothing else is looked for
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)
log=$(mktemp)
if "${pip[@]}" install uv >"$log" 2>&1 &&
   "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --require-hashes -r "$lock" >>"$log" 2>&1
then :
else
  "${pip[@]}" install --no-deps --require-hashes -r "$lock" || { cat "$log" >&2; fail "the packages of $lock can't be installed."; }
fi
if [ "$build" = cpu ] && "${pip[@]}" install --no-deps --no-compile "torch==$torch_version+cpu" >"$log" 2>&1; then
  echo "set-up: torch $torch_version, the build for processors only (TORCH=default overrides)"
else
  [ "$build" = cpu ] && echo "set-up: pip finds no torch build for processors only (give it PyTorch's index: PIP_EXTRA_INDEX_URL); taking the default one, which is large"
  "${pip[@]}" install "torch==$torch_version" || fail "torch $torch_version can't be installed."
  echo "set-up: torch $torch_version, the default build"
fi
rm -f "$log"
# compiled once here, since some machines forbid Python to do it on the way: every job starts sooner. Half of all that
# is installed are packages' own tests, and types of models other than the miniatures'
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$venv/bin/python" -m compileall -q -j 0 -x '/tests?/|/transformers/models/(?!auto|llama|mi[sx]tral|phi|qwen2|__init__)' "$packages" >/dev/null 2>&1 || true
"$venv/bin/python" -m compileall -q workflow/lib || true
"$venv/bin/python" tools/launchers.py "$venv"
echo "$wanted" > "$stamp"
