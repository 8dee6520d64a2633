#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image. It makes an environment with the
# Python and the versions that requirements.txt names, then grades the solution: an image that
# cannot do it is not built.
# With GRADER_PYTHON set, that interpreter is taken as it is, and nothing is installed.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
source=$root/source

if [ -z "${GRADER_PYTHON:-}" ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
  # The installer has a place of its own; the system's Python stays as it is.
  python3 -m venv "$root/installer"
  "$root/installer/bin/pip" install --quiet uv==0.13.9
  # Below /root, student code could not read it.
  export UV_PYTHON_INSTALL_DIR=$root/python UV_LINK_MODE=copy UV_NO_CACHE=1
  uv=$root/installer/bin/uv
  python=$(sed -n 's/^# python==//p' "$source/requirements.txt")
  "$uv" venv --quiet --python "$python" "$root/env"
  # On Linux, plain torch brings gigabytes for graphics cards; this takes the build for CPUs.
  "$uv" pip install --quiet --python "$root/env/bin/python" --torch-backend cpu \
    --requirements "$source/requirements.txt" --constraints "$source/requirements.lock"
fi

"${GRADER_PYTHON:-$root/env/bin/python}" -I -B "$source/grader/start.py" gradescope.submission check "$root"
