# ./dev build: set up, configure and build one preset.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev build [--preset NAME] [--target NAME]... [--no-setup] [-- NINJA OPTIONS]

Builds into build/<preset>; the program lies at build/release/bin/hearth.

  --preset NAME   release (default), dev, asan, tsan, ci; see CMakePresets.json
  --target NAME   only this target; may be repeated
  --no-setup      take system and third-party packages as they are
TEXT
}

preset=release
targets=()
with_setup=1
groups=setup,build,test
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --target) targets+=("${2:?--target needs a name}"); shift 2 ;;
    --no-setup) with_setup=0; shift ;;
    --groups) groups=${2:?}; shift 2 ;; # for the other verbs: what set-up they need
    --) shift; break ;;
    *) usage >&2; die 2 "./dev build knows no option '$1'" ;;
  esac
done
grep -q "\"name\": \"$preset\"" CMakePresets.json || die 2 "there is no preset '$preset'; CMakePresets.json has release, dev, asan, tsan, ci, bench and fuzz"

[ "$with_setup" = 0 ] || setup --for "$groups"
links=$(deps_links)
build_dir=build/$preset

# Configured afresh when what is passed to CMake changes; ninja itself sees changed CMake files and new sources.
mkdir -p "$build_dir"
configured="$links $(sha256_of CMakePresets.json)"
if [ ! -e "$build_dir/build.ninja" ] || [ "$(cat "$build_dir/.configured" 2>/dev/null)" != "$configured" ]; then
  rm -f "$build_dir/.configured"
  ln -sfn "$links" build/deps
  python3 tools/dev/long_step.py "Configure $build_dir" "$build_dir/configure.log" cmake --fresh --preset "$preset" "-DHEARTH_DEPS_DIR=$links"
  echo "$configured" >"$build_dir/.configured"
fi

if [ ${#targets[@]} = 0 ]; then targets=(all); fi
if [ -t 2 ] || [ $# -gt 0 ]; then
  NINJA_STATUS='[%f/%t %es] ' ninja -C "$build_dir" --quiet "$@" "${targets[@]}"
else
  python3 tools/dev/long_step.py --quiet-below 5 "Build $build_dir" "$build_dir/build.log" ninja -C "$build_dir" "${targets[@]}"
fi
