#!/usr/bin/env bash
# Creates models/training/.venv with the pinned packages. Safe to run again: does nothing when
# the lock file and the interpreter are the ones it was built from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

python=""
for candidate in python3.11 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    python="$candidate"
    break
  fi
done
if [[ -z "$python" ]]; then
  echo "setup.sh: Python 3.11 is needed to train (running Cunxin needs none)." >&2
  exit 1
fi

stamp="$("$python" -V) $(sha256sum requirements.lock | cut -d' ' -f1)"
if [[ -x .venv/bin/python && "$(cat .venv/built-from 2>/dev/null)" == "$stamp" ]]; then
  exit 0
fi

"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
printf '%s' "$stamp" > .venv/built-from
