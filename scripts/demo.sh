#!/bin/sh
# Runs the Rossmann example, from nothing but sh and Python 3.11, and publishes its first release.
#   sh scripts/demo.sh
#   HEADGATE_DATA=/folder/with/real/csv sh scripts/demo.sh
# Run it again: nothing changed, so nothing is done.
set -eu
cd "$(dirname "$0")/.."

locks="requirements.lock"
. scripts/env.sh

if [ -e demo/headgate.yml ] && [ -n "${HEADGATE_DATA:-}" ]; then
  echo "demo/ is there already and keeps its data; remove it to start from HEADGATE_DATA." >&2
fi
if [ ! -e demo/headgate.yml ]; then
  if [ -n "${HEADGATE_DATA:-}" ]; then
    headgate init demo --example rossmann --data "$HEADGATE_DATA"
  else
    headgate init demo --example rossmann
  fi
fi
headgate -C demo run "$@"

cat <<'NEXT'

The project is in demo/, and headgate in .venv/bin/. What to try next:
  . .venv/bin/activate && cd demo
  headgate status          what is served, and how old it is
  headgate data log        its releases
  headgate plan            what a run would do now
NEXT
