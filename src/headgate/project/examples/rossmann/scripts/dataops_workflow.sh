#!/usr/bin/env bash
# The whole pipeline: validate, process, build features, version, trigger. For example
#   bash scripts/dataops_workflow.sh
set -euo pipefail
cd "$(dirname "$0")/.."
exec headgate run "$@"
