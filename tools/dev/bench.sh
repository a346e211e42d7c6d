# ./dev bench: build and run the benchmarks, peers included.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev bench [NAME [ARGUMENTS...]]     ./dev bench --list

Builds the benchmark programs and, once, llama.cpp's own tools (llama-bench ...), then runs bench/NAME.py or the program
NAME_bench; without a name all of them. Each one writes its figures to bench/results with machine and versions.
A bench script finds the program as HEARTH_PROGRAM and the peers' folder as HEARTH_PEER_DIR.
TEXT
}

bench_names() {
  { find bench -maxdepth 1 -name '*.py' -perm -u+x; find bench src -name '*_bench.cpp'; } 2>/dev/null |
    sed 's|.*/||; s|\.py$||; s|_bench\.cpp$||' | sort -u
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --list) bench_names; exit 0 ;;
  -*) usage >&2; die 2 "./dev bench knows no option '$1'" ;;
esac
if [ $# -gt 0 ]; then
  bench_names | grep -qx -- "$1" || die 2 "there is no benchmark '$1'. There are: $(bench_names | tr '\n' ' ')"
fi

bash tools/dev/build.sh --preset release --groups setup,build,test,bench
if [ -n "$(find bench src -name '*_bench.cpp' -print -quit)" ]; then
  bash tools/dev/build.sh --preset bench --no-setup
fi
HEARTH_PROGRAM=$root/build/release/bin/hearth
HEARTH_PEER_DIR=$(deps_links)/llama-tools/bin
export HEARTH_PROGRAM HEARTH_PEER_DIR

run_one() {
  local name=$1
  shift
  if [ -x "bench/$name.py" ]; then python3 "bench/$name.py" "$@"; else "build/bench/bin/${name}_bench" "$@"; fi
}

if [ $# -gt 0 ]; then
  run_one "$@"
else
  for name in $(bench_names); do
    echo "== $name"
    run_one "$name"
  done
fi
