#!/usr/bin/env bash
# Bring up a real Slurm of one node on this machine, for the tests: no systemd, no cgroups, no accounting.
# Two stand-in GPUs (/dev/null, /dev/zero) that Slurm counts and gives out, as it would real ones.
#   SLURM_ROOT   where everything lies that it writes (default: /tmp/holdfast-slurm), but for links in /etc/slurm
set -euo pipefail
root=${SLURM_ROOT:-/tmp/holdfast-slurm}
fail() { echo "slurm: $*" >&2; tail -qn 5 "$root"/log/*.log >&2 2>/dev/null || true; exit 1; }
[ "$(id -u)" = 0 ] || fail "needs root, for Debian's packages and for the daemons"
[ -e "$root/pids" ] && fail "is up already: tests/slurm/down.sh ends it"

if ! command -v slurmctld slurmd sbatch munged >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge; } \
    >/tmp/holdfast-slurm-apt.log 2>&1 || { cat /tmp/holdfast-slurm-apt.log >&2; fail "Debian's packages can't be installed"; }
fi

rm -rf "$root"
mkdir -p "$root"/{munge,state,spool,log,run,dev}
chmod 755 "$root"
ln -s /dev/null "$root/dev/nvidia0"
ln -s /dev/zero "$root/dev/nvidia1"
host=$(hostname -s)

dd if=/dev/urandom of="$root/munge/key" bs=1 count=1024 status=none
chmod 400 "$root/munge/key"
munged --force --key-file="$root/munge/key" --socket="$root/run/munge.socket" --pid-file="$root/run/munged.pid" \
  --log-file="$root/log/munged.log" --seed-file="$root/munge/seed"
echo "munged $(cat "$root/run/munged.pid")" >"$root/pids"

cat >"$root/slurm.conf" <<C
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=2,sched_min_interval=0,batch_sched_delay=0
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
MinJobAge=600
KillWait=15
PropagateResourceLimits=NONE
AccountingStorageType=accounting_storage/none
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=20000 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=02:00:00 State=UP
C
echo "NodeName=$host Name=gpu File=$root/dev/nvidia[0-1]" >"$root/gres.conf"
echo "CgroupAutomount=no" >"$root/cgroup.conf"
# SLURM_CONF would not do: Snakemake's plugin takes SLURM_* out of the environment of what it starts
mkdir -p /etc/slurm
for file in slurm.conf gres.conf cgroup.conf; do
  [ -e "/etc/slurm/$file" ] && [ ! -L "/etc/slurm/$file" ] && fail "/etc/slurm/$file is another Slurm's"
  ln -sfn "$root/$file" "/etc/slurm/$file"
done

daemon() { setsid "$@" >"$root/log/$1.out" 2>&1 </dev/null & echo "$1 $!" >>"$root/pids"; }
until_true() { for _ in $(seq 150); do timeout 5 bash -c "$1" >/dev/null 2>&1 && return; sleep 0.2; done; fail "timed out: $1"; }
daemon slurmctld -D -i
until_true "scontrol ping | grep -q UP"
daemon slurmd -D
until_true "sinfo -h -o %t | grep -q '^idle'"
sinfo
