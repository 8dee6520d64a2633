#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image. It makes an environment with the
# Python and the versions that requirements.txt names, then grades the solution: an image that
# cannot do it is not built. To run it again does no harm. Settings, all optional:
#
#   AUTOGRADER_ROOT   the folder, if not /autograder
#   GRADER_PYTHON     an interpreter to take as it is; then nothing is installed
#   UV_FIND_LINKS     a folder with a CPU build of torch, where PyTorch's index is out of reach
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
source=$root/source
python=${GRADER_PYTHON:-$root/env/bin/python}
uv=$root/installer/bin/uv
# Below /root, student code could not read it.
export UV_PYTHON_INSTALL_DIR=$root/python UV_LINK_MODE=copy UV_NO_CACHE=1
# Once, here: each upload starts with a fresh copy of the image.
export UV_COMPILE_BYTECODE=1

# step TITLE CURE: what is done next, and what to do if it fails; `explain` says it last.
step() {
  title=$1 cure=$2
  echo "== $title"
}

explain() {
  local code=$?
  [ "$code" = 0 ] && return
  printf '\nFAILED (exit code %s): %s\n%s\n' "$code" "$title" "$cure" >&2
  echo "If that does not help: docs/gradescope.md has a plan B." >&2
}
trap explain EXIT

# try COMMAND...: a download fails now and then, and nobody is there to start the build again.
try() {
  local pause
  for pause in 10 60; do
    if "$@"; then return; fi
    echo "That failed. Next try in $pause seconds." >&2
    sleep "$pause"
  done
  "$@"
}

install_venv() {
  apt-get -o APT::Update::Error-Mode=any update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
}

# The Python that requirements.txt names: the system's, or else a download. Only if there is
# neither, an older one of the system's: this log and every report say which.
make_environment() {
  local venv=("$uv" venv --clear --no-python-downloads "$root/env" --python)
  if "${venv[@]}" "$wanted" 2> /dev/null; then return; fi
  if try "$uv" python install --no-bin "$wanted"; then
    "${venv[@]}" "$wanted"
  else
    echo "NOTE: no Python $wanted to be had. An older one may do, but newer syntax fails." >&2
    "${venv[@]}" ">=3.11,<$wanted"
  fi
}

if [ -z "${GRADER_PYTHON:-}" ]; then
  step "Read requirements.txt" "The zip file is damaged: build it again with 'make release'."
  wanted=$(grep '^# python==' "$source/requirements.txt")
  wanted=${wanted##*=}

  # The installer has a place of its own; the system's Python stays as it is.
  step "Install python3-venv" \
    "The system's packages cannot be had: build again later. Or there is no apt-get: take the
base image Ubuntu."
  python3 -c 'import ensurepip' 2> /dev/null || try install_venv

  step "Install uv" "PyPI does not answer. Build again later."
  python3 -m venv "$root/installer"
  try "$root/installer/bin/pip" install --quiet uv==0.13.9

  step "Get Python $wanted" "It cannot be downloaded, and the system has none from 3.11 on.
Build again later, or take a base image that has one."
  make_environment

  # On Linux, plain torch brings gigabytes for graphics cards; this takes the build for CPUs.
  step "Install the packages in requirements.txt" \
    "PyPI or PyTorch's index does not answer: build again later. Or there is no build of a
version in requirements.lock for this Python and this kind of processor: the lines above name it."
  torch=(--torch-backend cpu)
  [ -z "${UV_FIND_LINKS:-}" ] || torch=()
  try "$uv" pip install --quiet --python "$python" "${torch[@]}" \
    --requirements "$source/requirements.txt" --constraints "$source/requirements.lock"
fi

step "Grade the solution" "Downloads are not the reason: the lines above are. Run 'make test'."
"$python" --version
"$python" -m compileall -q "$source/grader" "$source/files" # so that no submission waits for it
"$python" -I -B "$source/grader/start.py" gradescope.submission check "$root"
