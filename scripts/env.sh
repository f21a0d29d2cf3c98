# shellcheck shell=sh
# Makes .venv from hashed locks and puts it first on PATH. To be sourced from the project's root:
#   locks="requirements.lock"; . scripts/env.sh
# A second call finds its stamp and does nothing. Needs Python 3.11 or newer; uses uv where it is.

fail() {
  echo "error: $1" >&2
  exit 2
}

find_python() {
  for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
}

make_venv() {
  python="$(find_python)"
  [ -n "$python" ] || fail "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3"
  echo "Making .venv with $("$python" --version)" >&2
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --clear --python "$python" .venv
  else
    "$python" -m venv --clear .venv || fail "the venv module is needed (package python3-venv)"
  fi
}

install() {
  if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --compile-bytecode --python .venv/bin/python "$@"
  else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
  fi
}

# shellcheck disable=SC2154 # locks is the caller's
sum="$(cat pyproject.toml $locks requirements-build.lock | cksum | tr ' ' '-')"
stamp=".venv/installed-$sum"

if ! { [ -e "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; }; then
  .venv/bin/python -c '' 2>/dev/null || make_venv
  for lock in requirements-build.lock $locks; do
    echo "Installing $lock" >&2
    install --require-hashes -r "$lock" || fail "$lock could not be installed"
  done
  install --no-deps --no-build-isolation --editable . || fail "the project could not be installed"
  : >"$stamp"
fi

PATH="$PWD/.venv/bin:$PATH"
export PATH
