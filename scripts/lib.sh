# shellcheck shell=bash
# Functions that the scripts share; bash, sourced: `. "$(dirname "$0")/lib.sh"`.
# It changes to the root of the source tree, and makes every failure end with a line that helps.

set -euo pipefail
# What tools print must not depend on the user's language; C.UTF-8 is in every Debian and Ubuntu.
export LC_ALL=C.UTF-8
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

build_packages=(
  ca-certificates cmake g++ git libcli11-dev libeigen3-dev libfmt-dev libspdlog-dev libutf8proc-dev
  ninja-build nlohmann-json3-dev pkg-config python3 python3-venv
)
# Of scripts/test and scripts/bench.
# shellcheck disable=SC2034
test_packages=(libgmock-dev libgtest-dev prometheus-cpp-dev python3-dev)
# shellcheck disable=SC2034
bench_packages=(libbenchmark-dev)
# Used where the distribution has them.
optional_packages=(libfast-float-dev prometheus-cpp-dev)

current_step="starting"

step() {
  current_step="$*"
  printf '\n==> %s\n' "$*"
}

say() { printf '    %s\n' "$*"; }

fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  trap - ERR
  exit 1
}

on_error() {
  local status=$? line=$1
  printf '\n%s: failed while: %s (line %s, exit code %s)\n' "$(basename "$0")" "$current_step" \
    "$line" "$status" >&2
  if [[ -n "${log_file:-}" && -s "$log_file" ]]; then
    printf 'The end of %s:\n' "$log_file" >&2
    tail -n 40 "$log_file" | sed 's/^/    /' >&2
  fi
  printf 'Run it again when that is mended: it goes on with what is done already.\n' >&2
  exit "$status"
}
set -E
trap 'on_error $LINENO' ERR

# Runs a command with its output in a log, which on_error shows the end of.
quietly() {
  log_file="$root/build/log/$1.log"
  mkdir -p "$root/build/log"
  shift
  "$@" >"$log_file" 2>&1 </dev/null
  log_file=
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then env "$@"; else sudo env "$@"; fi
}

is_installed() {
  [[ $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
}

# need_packages NAME…: installs what is missing of these, and does not touch apt when nothing is.
need_packages() {
  local missing=() wanted=() package
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "no apt here: these must be there already, under your system's names: $*"
    return
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  for package in "${optional_packages[@]}"; do
    is_installed "$package" || wanted+=("$package")
  done
  # A fresh machine often updates itself in the background: wait for its lock.
  local apt=(DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600)
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "as root, run: apt-get install ${missing[*]}"
    sudo -v # may ask for a password, which a log would hide
  fi
  quietly apt-update as_root "${apt[@]}" update -q
  for package in "${wanted[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 && missing+=("$package")
  done
  say "installing ${missing[*]}"
  quietly apt-install as_root "${apt[@]}" install -q -y --no-install-recommends "${missing[@]}"
}

# make_venv [FILE…]: .venv with what scripts/requirements.txt and these pin. Later calls are free
# until one of them changes.
make_venv() {
  local file stamp
  for file in scripts/requirements.txt "$@"; do
    stamp=".venv/layerwatt-$(basename "$file" .txt)"
    if cmp -s "$file" "$stamp" && .venv/bin/python -c '' 2>/dev/null; then continue; fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
      fail "Python 3.10 or later is needed, and python3 is $(python3 --version 2>&1)"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
      quietly venv python3 -m venv --clear .venv
    fi
    say "fetching $(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' "$file" | sort -u | paste -sd ' ') into .venv"
    quietly pip .venv/bin/python -m pip install --disable-pip-version-check --no-input -r "$file"
    cp "$file" "$stamp"
  done
}

# As many compilers at a time as there are processors, and gigabytes for them.
build_jobs() {
  local jobs memory_gb
  jobs=$(nproc 2>/dev/null || echo 2)
  memory_gb=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || true)
  if [[ -n "$memory_gb" && $memory_gb -lt $jobs ]]; then jobs=$((memory_gb > 0 ? memory_gb : 1)); fi
  echo "$jobs"
}

# build_preset NAME [cmake option…]: configures and builds.
build_preset() {
  local preset=$1
  shift
  quietly "configure-$preset" cmake --preset "$preset" "$@"
  quietly "build-$preset" cmake --build --preset "$preset" -j "$(build_jobs)"
}

# build_release: everything from a bare system to build/release/bin/layerwatt.
build_release() {
  step "Packages"
  need_packages "${build_packages[@]}"
  step "Python environment"
  make_venv
  step "Release build"
  build_preset release -DLAYERWATT_BENCHMARKS=OFF
  layerwatt="$root/build/release/bin/layerwatt"
  say "$("$layerwatt" --version)"
}
