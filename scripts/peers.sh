#!/bin/sh
# Makes a virtual environment for a peer that tests compare with, and prints its Python.
#
#   sh scripts/peers.sh gx     Great Expectations, the oracle of the checks
#   sh scripts/peers.sh dvc    DVC, the oracle of the store
#
# Peers need libraries that Headgate does without, so each has an environment of its own.
# Nothing is done where it is there already; remove the folder to make it anew.
set -euf

case "${1:-}" in
  gx) wanted="great_expectations==1.24.* pandas==3.* pyarrow>=24 sqlalchemy>=2" ;;
  dvc) wanted="dvc==3.67.*" ;;
  *)
    echo "usage: sh scripts/peers.sh gx|dvc" >&2
    exit 2
    ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home="$root/.venv-$1"
lock="$home.lock"

# two test processes may want the same peer at once; a lock left by a dead one is taken over
until mkdir "$lock" 2>/dev/null; do
  holder=$(cat "$lock/pid" 2>/dev/null || true)
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
    rm -rf "$lock"
  else
    sleep 1
  fi
done
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT TERM
echo $$ >"$lock/pid"

# the mark is written last, so that half an installation is never taken for a whole one, and says
# what was installed, so that one of other packages is not taken for this one
if [ "$(cat "$home/.ready" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$home"
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet "$home" >&2
    # shellcheck disable=SC2086 - the requirements are words
    uv pip install --quiet --python "$home/bin/python" $wanted >&2
  else
    python3 -m venv "$home" >&2
    # shellcheck disable=SC2086
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check $wanted >&2
  fi
  echo "$wanted" >"$home/.ready"
fi
echo "$home/bin/python"
