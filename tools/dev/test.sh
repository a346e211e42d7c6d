# ./dev test: set up, build, run the tests. The closing lines of ctest are the last of the output.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev test [--all] [-k REGEX] [--preset NAME] [--no-setup] [-- CTEST OPTIONS]

  --all           slow tests too, and before them: lint with static analysis, the tests under the address
                  sanitizer, the tests under the thread sanitizer
  -k REGEX        only tests whose name matches
  --preset NAME   release (default), dev, asan, tsan, ci
TEXT
}

all=0
preset=release
select=()
setup_option=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --all) all=1; shift ;;
    -k) select=(-R "${2:?-k needs a regular expression}"); shift 2 ;;
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --no-setup) setup_option=(--no-setup); shift ;;
    --) shift; break ;;
    *) usage >&2; die 2 "./dev test knows no option '$1'" ;;
  esac
done

# A fault stops a sanitized test; leaks are faults too. Suppressions, where there are any, lie beside this script.
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1:die_after_fork=0:suppressions=$root/tools/dev/tsan.supp}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$root/tools/dev/lsan.supp:print_suppressions=0}

run_tests() { # run_tests PRESET CTEST_OPTIONS...
  local name=$1
  shift
  bash tools/dev/build.sh --preset "$name" "${setup_option[@]}"
  ctest --test-dir "build/$name" --output-on-failure --no-tests=error -j "$(cpu_count)" "$@"
}

if [ $all = 1 ]; then
  setup --for setup,build,test,tidy
  # Node may have come another way than as a system package. Without it the tests of the Node client say that they were skipped.
  command -v npm >/dev/null || setup --for clients || true
  bash tools/dev/lint.sh --tidy
  run_tests asan "${select[@]}" -LE slow "$@"
  run_tests tsan "${select[@]}" -LE slow "$@"
  run_tests "$preset" "${select[@]}" "$@"
else
  run_tests "$preset" "${select[@]}" -LE slow "$@"
fi
