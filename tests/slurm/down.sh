#!/usr/bin/env bash
# End what up.sh started, and nothing else: the daemons whose process ids it wrote down, last first.
set -u
root=${SLURM_ROOT:-/tmp/holdfast-slurm}
[ -e "$root/pids" ] || exit 0
scancel --user="$(id -un)" 2>/dev/null
tac "$root/pids" | while read -r name pid; do
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ] || continue
  kill "$pid"
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null
done
for file in slurm.conf gres.conf cgroup.conf; do
  [ "$(readlink "/etc/slurm/$file")" = "$root/$file" ] && rm "/etc/slurm/$file"
done
rm -f "$root/pids"
