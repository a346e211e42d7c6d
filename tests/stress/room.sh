# room.sh MODE HOME COMMAND...: runs COMMAND with HOME on a small file system of its own (a tmpfs in a private mount namespace,
# entered by `unshare -rm`), which is "full" (128 KiB) or whose blocks' folder becomes read-only ("sealed") when SIGUSR1 comes.
mode=$1 home=$2
shift 2
size=128k
[ "$mode" = full ] || size=64m
mount -t tmpfs -o "size=$size" hearth-room "$home" || exit 77
"$@" &
child=$!
# The whole can't be sealed while the server holds its lock file open; a mount of the blocks' folder over itself can.
trap 'mount --bind "$home/kv_blocks" "$home/kv_blocks" && mount -o remount,ro,bind "$home/kv_blocks"' USR1
trap 'kill -TERM $child' TERM
while true; do
  status=0
  wait $child || status=$?
  kill -0 $child 2>/dev/null || exit "$status"  # a signal interrupts the wait
done
