# ./dev run: set up, build, then the main job.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: ./dev run                 build, audit this machine, plan for it, answer a first prompt with the embedded model
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
echo "This machine (hearth probe):"
"$program" probe
echo
echo "What it should run (hearth plan --task chat):"
"$program" plan --task chat || true # 3: nothing of the catalogue fits a very small machine; the plan says so
echo
echo "A first answer (hearth run chat -m starter):"
"$program" run chat -m starter -p "Who are you?" --temperature 0
cat <<'TEXT'

That was the embedded starter model: tiny, it only proves the path. To go on:
  build/release/bin/hearth plan "voice assistant on a Raspberry Pi 5, offline" --out DIR
  build/release/bin/hearth verify                      hold the plan to its figures on this machine
  build/release/bin/hearth run chat -m FILE.gguf       chat with a model of yours
  build/release/bin/hearth runtimes                    what can run here, and how to install the rest
  build/release/bin/hearth --help                      all commands
  ./dev test                                           all tests
TEXT
