# ./dev run: set up, build, then the main job.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev run                 build, then answer a first prompt with the embedded starter model
       ./dev run ARGUMENTS...    build, then run hearth with these arguments

e.g.   ./dev run run chat -m model.gguf -p "What is a hearth?"
TEXT
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
esac
bash tools/dev/build.sh
program=$root/build/release/bin/hearth
[ -x "$program" ] || die 1 "the build left no program at build/release/bin/hearth"

if [ $# -gt 0 ]; then
  cd "${DEV_CALLER_DIR:-$root}" # so that relative files in the arguments mean what the caller sees
  exec "$program" "$@"
fi
"$program" run chat -m starter -p "Who are you?" --temperature 0
cat <<'TEXT'

That was the embedded starter model: tiny, it only proves the path. To go on:
  build/release/bin/hearth run chat -m FILE.gguf       chat with a model of yours
  build/release/bin/hearth runtimes                    what can run here, and how to install the rest
  build/release/bin/hearth --help                      all commands
  ./dev test                                           all tests
TEXT
