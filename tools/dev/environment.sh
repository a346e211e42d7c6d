# Sourced by every verb: where things lie, and how a verb ends with one clear sentence.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$root"

case "$(uname -s)" in
  Darwin) default_cache="$HOME/Library/Caches/hearth" ;;
  *) default_cache="${XDG_CACHE_HOME:-${HOME:?names no home folder; set HEARTH_CACHE}/.cache}/hearth" ;;
esac
export HEARTH_CACHE=${HEARTH_CACHE:-$default_cache}
case "$HEARTH_CACHE" in
  /*) ;;
  *) HEARTH_CACHE=${DEV_CALLER_DIR:-$PWD}/$HEARTH_CACHE ;;
esac

# The same source in two checkouts hits one entry of the compiler cache.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

die() { # die STATUS MESSAGE...
  local status=$1
  shift
  echo "error: $*" >&2
  exit "$status"
}

sha256_of() { # sha256_of FILE...: one digest over all of them
  if command -v sha256sum >/dev/null; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi | cut -c1-16
}

cpu_count() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# The folder with one link per third-party package; a changed manifest gets a folder of its own.
deps_links() { echo "$HEARTH_CACHE/deps/set-$(sha256_of third_party/manifest.json tools/dev/manifest.py)"; }

setup() { bash tools/dev/setup.sh "$@"; } # setup --for GROUP,GROUP
