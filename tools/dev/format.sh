# ./dev format: lay the C++ sources out as .clang-format says.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev format [--check] [FILE...]

Formats the given C++ files, or all of the repository, with clang-format 14. --check changes nothing and fails when
a file would change.
TEXT
}

mode=-i
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  --check) mode=--check; shift ;;
  -*) usage >&2; die 2 "./dev format knows no option '$1'" ;;
esac
for file in "$@"; do
  case $file in
    *.cpp | *.h | *.c) ;;
    *) die 2 "./dev format lays out C++ and C only; '$file' is neither" ;;
  esac
done
setup --for setup,test
if [ $mode = --check ]; then exec python3 tools/lint/lint.py --only layout "$@"; fi
tool=$(python3 tools/lint/layout.py --which) || die 6 "clang-format 14 is not installed, and another version lays out differently. Install clang-format-14."
if [ $# = 0 ]; then
  git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.h' '*.c'
else
  printf '%s\0' "$@"
fi | xargs -0 -r -n 20 -P "$(cpu_count)" "$tool" -i --style=file
