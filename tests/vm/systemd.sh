#!/bin/sh
# The guest's half of tools/test's suite `systemd`: units are throttled through systemd, and are as
# before. A line a test: `ok` or `FAIL`. usage: systemd.sh BUILD
build=$1
culprit=$build/culprit
cd /tmp || exit 1
unit=batch.service
cgroup=/sys/fs/cgroup/system.slice/$unit
drop_ins=/run/systemd/system.control/$unit.d

# check NAME COMMAND...: a test that fails tells what was said.
check() {
    name=$1
    shift
    if "$@" >said 2>&1; then
        echo "ok   systemd: $name"
    else
        echo "FAIL systemd: $name"
        tail -n 40 said | sed 's/^/     /'
    fi
    "$culprit" revert --all >/dev/null 2>&1
}

property() { systemctl show -p "$1" --value $unit; }

# is WANTED COMMAND...: what it prints; once more for some seconds.
is() {
    wanted=$1
    shift
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ "$("$@" 2>/dev/null)" = "$wanted" ] && return
        sleep 1
    done
    echo "expected '$wanted' of $*, found '$("$@" 2>&1)'"
    return 1
}

lease() { "$culprit" actions | sed -n 's/^[^ ]*  \(r[0-9a-f]*\)  active .*/\1/p'; }

untouched() {
    [ ! -e $drop_ins ] || { echo "expected no drop-in"; ls $drop_ins; return 1; }
}

weight_ends_by_itself() {
    "$culprit" throttle $unit --weight 10 --for 8s --force &&
        grep -x 10 $cgroup/cpu.weight && [ "$(property CPUWeight)" = 10 ] &&
        ls $drop_ins/50-CPUWeight.conf &&
        is '[not set]' property CPUWeight && is active systemctl is-active $unit &&
        { [ ! -e $cgroup/cpu.weight ] || is 100 cat $cgroup/cpu.weight; } && untouched
}

quota_is_reverted() {
    "$culprit" throttle $unit --cpu 20% --force && grep -x '20000 100000' $cgroup/cpu.max &&
        [ "$(property CPUQuotaPerSecUSec)" = 200ms ] && "$culprit" revert --all &&
        [ "$(property CPUQuotaPerSecUSec)" = infinity ] && untouched
}

# What a person has set stays what it was, and so does the file that keeps it.
own_value_comes_back() {
    systemctl set-property --runtime $unit MemoryHigh=300M &&
        "$culprit" throttle $unit --memory-high 200M --force &&
        is 209715200 cat $cgroup/memory.high && "$culprit" revert --all &&
        is 314572800 cat $cgroup/memory.high && ls $drop_ins/50-MemoryHigh.conf
    result=$?
    systemctl set-property --runtime $unit MemoryHigh=
    rm -rf $drop_ins
    return $result
}

foreign_value_stays() {
    "$culprit" throttle $unit --tasks-max 50 --force && is 50 cat $cgroup/pids.max &&
        systemctl set-property --runtime $unit TasksMax=77 &&
        "$culprit" revert --all | grep 'somebody else wrote' && is 77 cat $cgroup/pids.max
    result=$?
    rm -rf $drop_ins
    return $result
}

killed_reverter_is_made_up_for() {
    "$culprit" throttle $unit --weight 20 --force && id=$(lease) || return 1
    kill -KILL "$(grep "\"$id\"" /run/culprit/journal | sed -n 's/.*"keeper_pid":\([0-9]*\).*/\1/p')"
    [ "$(property CPUWeight)" = 20 ] || return 1
    systemctl restart $unit
    [ "$(property CPUWeight)" = 20 ] || return 1
    "$culprit" revert --all && [ "$(property CPUWeight)" = '[not set]' ] && untouched
}

# A scope has no file of its own.
scope_is_throttled() {
    systemd-run --scope --unit=job "$build/workloads/burn" --share 50 --seconds 300 >/dev/null 2>&1 &
    sleep 5
    "$culprit" throttle job.scope --weight 30 --force &&
        grep -x 30 /sys/fs/cgroup/system.slice/job.scope/cpu.weight && "$culprit" revert --all &&
        [ "$(systemctl show -p CPUWeight --value job.scope)" = '[not set]' ] &&
        [ ! -e /run/systemd/transient/job.scope.d ]
    result=$?
    systemctl stop job.scope
    return $result
}

without_a_bus() {
    systemctl stop dbus.socket dbus.service
    "$culprit" throttle $unit --weight 40 --force && grep -x 40 $cgroup/cpu.weight &&
        "$culprit" revert --all && untouched
}

cat >/run/systemd/system/$unit <<END
[Service]
ExecStart=$build/workloads/burn --share 50 --seconds 900
END
systemctl daemon-reload
systemctl start $unit
sleep 4
check "a weight ends by itself, and nothing of it is left" weight_ends_by_itself
check "a quota is taken back" quota_is_reverted
check "what a person had set comes back, with its file" own_value_comes_back
check "what a person sets meanwhile stays" foreign_value_stays
check "a killed reverter and a restarted unit" killed_reverter_is_made_up_for
check "a scope" scope_is_throttled
check "without a bus" without_a_bus
