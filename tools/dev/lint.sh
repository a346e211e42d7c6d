# ./dev lint: the rules of the code, each a function in tools/lint.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev lint [--tidy] [--all] [--only RULE]... [--list] [FILE...]

Checks who includes whom, include cycles, file and function length, names, units in names, layout (clang-format), records
against their schemas, generated pages; under 10 s.

  --tidy        static analysis (clang-tidy) too: of the files that differ from the last commit on the main branch
  --all         with --tidy: of all files
  --only RULE   only this rule; --list shows them
TEXT
}

tidy=0
for argument in "$@"; do
  case "$argument" in
    -h | --help) usage; exit 0 ;;
    --tidy) tidy=1 ;;
  esac
done
if [ $tidy = 1 ]; then
  bash tools/dev/build.sh --preset dev --groups setup,build,test,tidy # clang-tidy reads its compile commands
else
  setup --for setup,test
fi
exec python3 tools/lint/lint.py "$@"
