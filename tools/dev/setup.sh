# ./dev setup: system packages, then the pinned third-party ones. Silent and quick when all is there.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<TEXT
usage: ./dev setup [--for GROUP[,GROUP]] [--print-links]

Installs what is missing of the system packages (third_party/system_packages.tsv; needs root or sudo only then) and
builds the pinned packages (third_party/manifest.json) into $HEARTH_CACHE
(HEARTH_CACHE moves it). Nothing is done twice; a second checkout shares the builds.

  --for GROUP     setup, build, test, clients, tidy, fuzz, bench (default: setup,build,test)
  --print-links   also print the folder that CMake gets as HEARTH_DEPS_DIR
TEXT
}

groups=setup,build,test
print_links=0
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --for) groups=${2:?--for needs a group}; shift 2 ;;
    --print-links) print_links=1; shift ;;
    *) usage >&2; die 2 "./dev setup knows no option '$1'" ;;
  esac
done

# The column of the package table that fits this machine.
table_column() {
  if [ "$(uname -s)" = Darwin ]; then echo brew; return; fi
  [ -r /etc/os-release ] || die 6 "cannot tell which system this is (no /etc/os-release). Install the packages of third_party/system_packages.tsv yourself."
  (
    . /etc/os-release
    major=${VERSION_ID:-99}
    major=${major%%.*}
    case " ${ID:-} ${ID_LIKE:-} " in
      " ubuntu "* | *" ubuntu "*) echo ubuntu-24.04 ;;
      *" debian "*) if [ "$major" -le 12 ]; then echo debian-12; else echo debian-13; fi ;;
      *) die 6 "${PRETTY_NAME:-this system} is neither Debian nor Ubuntu nor macOS. Install the packages of third_party/system_packages.tsv by your package manager; then ./dev build works with --no-setup." ;;
    esac
  )
}

wanted_packages() { # of the groups, in the given column
  awk -F '\t' -v column="$1" -v groups=",$groups," '
    /^#/ { next }
    !head { for (i = 1; i <= NF; i++) if ($i == column) at = i; head = 1; next }
    index(groups, "," $1 ",") && $at != "-" { print $at }' third_party/system_packages.tsv | tr ' ' '\n' | sort -u
}

missing_debian() { # the given packages that are not installed, in one query
  comm -23 <(printf '%s\n' "$@" | sort) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort)
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die 6 "installing system packages needs root, and there is no sudo here. As root run: apt-get install $missing"; fi
}

# A quiet long step of its own, since Python may not be there yet: log, elapsed seconds, the log's end on failure.
quiet_step() { # quiet_step MESSAGE LOG COMMAND...
  local message=$1 log=$2 start=$SECONDS status=0
  shift 2
  mkdir -p "$(dirname "$log")"
  echo "$message ..." >&2
  "$@" >"$log" 2>&1 </dev/null &
  local child=$!
  while kill -0 $child 2>/dev/null; do
    sleep 0.2
    if [ -t 2 ]; then printf '\r  %s s' $((SECONDS - start)) >&2; fi
  done
  wait $child || status=$?
  [ ! -t 2 ] || printf '\r' >&2
  echo "$message: $([ $status = 0 ] && echo done || echo "failed with status $status") ($((SECONDS - start)) s)" >&2
  [ $status = 0 ] || tail -n 15 "$log" >&2
  return $status
}

install_debian() {
  missing=$(missing_debian $(wanted_packages "$1") | paste -sd ' ' -)
  [ -n "$missing" ] || return 0
  local advice="from the distribution's archive (asked through apt). Check the network and the sources in /etc/apt, then run the same command again"
  [ "${HEARTH_OFFLINE:-}" != 1 ] || die 6 "missing system packages: $missing. HEARTH_OFFLINE=1 forbids fetching them $advice."
  # apt's own transaction: what was downloaded only in part is not unpacked; what was unpacked is configured by the next run.
  quiet_step "Package lists" "$HEARTH_CACHE/logs/apt-update.log" as_root apt-get update ||
    echo "note: the package lists could not all be refreshed; trying with those that are there" >&2
  quiet_step "System packages: $missing" "$HEARTH_CACHE/logs/apt-install.log" \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing ||
    die 6 "cannot install $missing $advice."
}

install_brew() { # written from Homebrew's documentation, not tested
  command -v brew >/dev/null || die 6 "Homebrew is missing. Install it as its home page says, then run the same command again."
  missing=$(comm -23 <(wanted_packages brew) <(brew list --formula -1 | sort) | paste -sd ' ' -)
  [ -n "$missing" ] || return 0
  [ "${HEARTH_OFFLINE:-}" != 1 ] || die 6 "missing Homebrew formulae: $missing. HEARTH_OFFLINE=1 forbids fetching them."
  quiet_step "Homebrew formulae: $missing" "$HEARTH_CACHE/logs/brew.log" brew install $missing ||
    die 6 "cannot install $missing from Homebrew. Check the network, then run the same command again."
}

links_complete() { # links_complete STAGE
  [ -e "$links/.complete-$1" ] || return 1
  local entry
  for entry in "$links"/*; do
    [ -e "$entry/.complete" ] || return 1
  done
}

column=$(table_column)
if [ "$column" = brew ]; then install_brew; else install_debian "$column"; fi

links=$(deps_links)
stages=(setup)
case ",$groups," in *,bench,*) stages+=(bench) ;; esac
for stage in "${stages[@]}"; do
  links_complete "$stage" || python3 tools/dev/deps.py --when "$stage" --links "$links"
done
[ "$print_links" = 0 ] || echo "$links"
