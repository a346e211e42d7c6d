# room.sh MODE HOME COMMAND...: runs COMMAND with HOME on a small file system of its own (a tmpfs in a private mount namespace,
# entered by `unshare -rm`), which is "full" (128 KiB) or becomes read-only ("sealed") when SIGUSR1 comes.
mode=$1 home=$2
shift 2
size=128k
[ "$mode" = full ] || size=64m
mount -t tmpfs -o "size=$size" hearth-room "$home" || exit 77
"$@" &
child=$!
# A file system with open, unfinished writes can't be sealed at once: try until it can.
trap 'for i in 1 2 3 4 5 6 7 8 9 10; do mount -o remount,ro "$home" && break; sleep 0.1; done' USR1
trap 'kill -TERM $child' TERM
while true; do
  status=0
  wait $child || status=$?
  kill -0 $child 2>/dev/null || exit "$status"  # a signal interrupts the wait
done
