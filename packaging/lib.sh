# What the scripts in this folder share. To be sourced after `set -euo pipefail`.
# shellcheck shell=bash disable=SC2034

# The folder of the sources.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Every program of the package, and the names one of them also answers to.
programs=(sallyport sallyport-agent sallyport-courier sallyport-practice)
helper_links=(git-credential-sallyport)

# Debian packages that Swift itself and the build need.
build_packages=(binutils file git libc6-dev libstdc++-12-dev libssl-dev)

# A line about what goes on. Standard output is for what another program would read.
say() { printf '%s\n' "$*" >&2; }

# A line that names the next part of the work.
heading() {
  if [[ -t 2 ]]; then printf '\n\033[1m%s\033[0m\n' "$*" >&2; else printf '\n== %s\n' "$*" >&2; fi
}

# Ends the script with one line: what is wrong and, behind it, what mends it.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  if [[ $# -gt 1 ]]; then printf '  try: %s\n' "$2" >&2; fi
  exit 1
}

# A mistake on the command line.
misuse() {
  printf '%s: %s\n  try: %s --help\n' "${0##*/}" "$1" "$0" >&2
  exit 2
}

# Prints the comment at the head of the calling script: its manual.
show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# Makes sure that Debian packages are there: installs them as root or through sudo, and names them
# where neither can be had.
need_packages() {
  local missing=() name
  command -v dpkg-query >/dev/null || fail "this is not Debian: install what these packages hold: $*"
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] \
      || missing+=("$name")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null \
      || fail "these packages are missing: ${missing[*]}" "apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  local log
  log=$(mktemp)
  # A second try with fresh lists: those of a machine image may name versions that are gone.
  apt_get "$log" install --no-install-recommends "${missing[@]}" \
    || { apt_get "$log" update && apt_get "$log" install --no-install-recommends "${missing[@]}"; } \
    || { tail -n 20 "$log" >&2; rm -f "$log"; fail "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
}

# apt-get without a question, its words in a file. Uses `as_root` of the caller.
apt_get() {
  local log=$1
  shift
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null >>"$log" 2>&1
}

# Makes sure that swift is in PATH, in the version the package is written for.
need_swift() {
  command -v swift >/dev/null || fail \
    "swift is not in PATH; install Swift 6.3 or later from https://www.swift.org/install/linux/" \
    "swiftly install 6.3"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [[ $(printf '6.3\n%s\n' "$version" | sort -V | head -n 1) == 6.3 ]] \
    || fail "swift is ${version:-of no known version}, and 6.3 or later is needed" \
      "swiftly install 6.3"
}

# Where `packaging/build` leaves what it makes; SALLYPORT_BUILD says another place.
build_folder() { printf '%s\n' "${SALLYPORT_BUILD:-$root/.build/packaging}"; }

# Ends a process of ours by its id, and waits until it is gone.
end_process() {
  local id=$1
  kill "$id" 2>/dev/null || true
  wait "$id" 2>/dev/null || true
}
