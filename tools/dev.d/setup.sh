#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages that building and testing need. Does nothing when all are there.
set -euo pipefail

packages=(
  g++ clang-19 libclang-rt-19-dev llvm-19 # llvm-19 holds the sanitizers' symbolizer
  meson ninja-build pkg-config ccache python3 clang-format-14
  liburing-dev libabsl-dev libgtest-dev libgmock-dev libbenchmark-dev
)

# Libraries that benchmarks/peers/ compares with.
peers=(
  libasio-dev libuv1-dev libevent-dev libev-dev golang-go libnetty-java default-jdk-headless
)

fail() {
  echo "tools/dev setup: $1" >&2
  exit 3
}

quiet=no
case ${1:-} in
  '') ;;
  --quiet) quiet=yes ;;
  --peers) packages+=("${peers[@]}") ;;
  -h | --help)
    echo "usage: tools/dev setup [--peers]"
    echo "Installs, with apt-get, those of these Debian 12 packages that are missing:"
    echo "  ${packages[*]}" | fold -s -w 78
    echo "and with --peers, for the benchmarks, these:"
    echo "  ${peers[*]}" | fold -s -w 78
    exit 0
    ;;
  *) echo "tools/dev setup: unknown argument '$1'; it takes --peers" >&2; exit 2 ;;
esac

if ! { command -v dpkg-query && command -v apt-get; } >/dev/null; then
  fail "needs Debian 12's apt-get; elsewhere install by hand: ${packages[*]}"
fi

format='${db:Status-Status} ${Package}\n' # dpkg-query's own variables
installed=$(dpkg-query -W -f="$format" "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  [ $quiet = yes ] || echo "everything is installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "must be root, or have sudo, to install: ${missing[*]}"
  as_root=(sudo)
fi

echo "installing: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >"$log" 2>&1 && return
  tail -n 15 "$log" >&2
  fail "'$*' failed (its last lines are above)"
}
run apt-get update
run apt-get install -y --no-install-recommends "${missing[@]}"
