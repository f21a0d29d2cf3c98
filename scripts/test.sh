#!/bin/sh
# Runs the tests that need no heavy parts, from nothing but sh and Python 3.11.
#   sh scripts/test.sh
#   sh scripts/test.sh tests/example -k lags
set -eu
cd "$(dirname "$0")/.."

locks="requirements-dev.lock"
. scripts/env.sh

echo "Left out: tests marked integration, which need Great Expectations and DVC; .ci/run runs them."
exec python -m pytest -m "not integration" --numprocesses auto "$@"
