# ./dev fuzz: one libFuzzer target for a while.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev fuzz NAME [--seconds N] [-- LIBFUZZER OPTIONS]     ./dev fuzz --list

Builds NAME_fuzz with clang and the address sanitizer in build/fuzz and runs it (60 s by default) on a corpus in
build/fuzz/corpus/NAME, seeded from tests/fuzz/corpus/NAME. An input that breaks it is left in build/fuzz/findings.
TEXT
}

fuzz_names() { # the targets are the sources NAME_fuzz.cpp
  find src runtimes tests -name '*_fuzz.cpp' 2>/dev/null | sed 's|.*/||; s|_fuzz\.cpp$||' | sort
}

name=""
seconds=60
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --list) fuzz_names; exit 0 ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    --) shift; break ;;
    -*) usage >&2; die 2 "./dev fuzz knows no option '$1'" ;;
    *) name=$1; shift ;;
  esac
done
[ -n "$name" ] || { usage >&2; die 2 "which one? There are: $(fuzz_names | tr '\n' ' ')"; }
fuzz_names | grep -qx -- "$name" || die 2 "there is no fuzz target '$name'. There are: $(fuzz_names | tr '\n' ' ')"
[[ "$seconds" =~ ^[0-9]+$ ]] || die 2 "--seconds takes a whole number of seconds, not '$seconds'"

bash tools/dev/build.sh --preset fuzz --groups setup,build,test,fuzz --target "${name}_fuzz"
program=$(find build/fuzz -type f -name "${name}_fuzz" -perm -u+x | head -n 1)
[ -n "$program" ] || die 1 "the build left no program ${name}_fuzz in build/fuzz"
corpus=build/fuzz/corpus/$name
findings=build/fuzz/findings
mkdir -p "$corpus" "$findings"
[ ! -d "tests/fuzz/corpus/$name" ] || cp -n "tests/fuzz/corpus/$name"/* "$corpus"/
dictionary=()
[ ! -e "tests/fuzz/$name.dict" ] || dictionary=("-dict=tests/fuzz/$name.dict")
"$program" "-max_total_time=$seconds" "-artifact_prefix=$findings/$name-" -timeout=10 -rss_limit_mb=2048 \
  -print_final_stats=1 "${dictionary[@]}" "$@" "$corpus" ||
  die 1 "$name broke; the input is in $findings. Show it again: $program $findings/$name-..."
echo "$name: nothing found in $seconds s"
