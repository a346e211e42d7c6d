# ./dev clean: what the other verbs made.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<TEXT
usage: ./dev clean [--cache]

Removes build/. --cache also removes the third-party builds and downloads in $HEARTH_CACHE.
TEXT
}

cache=0
for argument in "$@"; do
  case "$argument" in
    -h | --help) usage; exit 0 ;;
    --cache) cache=1 ;;
    *) usage >&2; die 2 "./dev clean knows no option '$argument'" ;;
  esac
done
rm -rf -- build
if [ $cache = 1 ]; then
  # Only what ./dev made there: HEARTH_CACHE may point at a folder that holds other things.
  for folder in deps downloads logs; do rm -rf -- "${HEARTH_CACHE:?}/$folder"; done
  rmdir -- "$HEARTH_CACHE" 2>/dev/null || true
fi
