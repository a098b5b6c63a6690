#!/bin/sh
# The guest's half of tests/vm/run, under busybox: the binary first, then the live tests' XML.
# usage: guest.sh SOURCE
build=$1/build
culprit=$build/culprit
cd /tmp || exit 1

# CPUs of the guest are emulated in turn, each for so long: two readings may be that far apart.
export CULPRIT_TURN_SECONDS=0.1

# Who waits for the guest learns by that that it is alive.
while sleep 10; do echo 'the guest is alive' >&2; done &

# check NAME COMMAND...: a test that fails tells what was said.
check() {
    name=$1
    rm -f document
    shift
    if "$@" >said 2>&1; then
        echo "ok   $name"
    else
        echo "FAIL $name"
        tail -n 40 said | sed 's/^/     /'
        if [ -s document ]; then
            head -c 2000 document | sed 's/^/     | /'
            echo
        fi
    fi
}

analyze_with_bpf() {
    "$culprit" analyze --duration 2 --format json >document || return 1
    grep -qE '"mode":"bpf"' document || { echo 'expected mode bpf'; return 1; }
    # Kernels before 6.3 have no tracepoints for this; fexit programs stand in.
    tr '{' '\n' <document >probes
    ! grep '"state":"unavailable"' probes | grep -vE 'tp_btf/sock_(send|recv)_length' &&
        grep -E '"attach":"(tp_btf/sock_send_length|fexit/tcp_sendmsg)","state":"attached"' probes
}

# Bytes of a workload, as the tracepoints or fexit programs count them.
analyze_network() {
    "$build/workloads/netload" --connections 50 --bytes 100000 --seconds 25 >truth &
    load=$!
    "$culprit" analyze --duration 4 --format json >document
    status=$?
    kill $load
    [ $status -eq 0 ] || return 1
    sed 's/{"pid":/\n&/g' document | grep '"name":"netload"' |
        grep -E '"network":\{"receive_bytes":[1-9][0-9]*,"transmit_bytes":[1-9]'
}

record_and_replay() {
    rm -f recording
    "$culprit" record recording --duration 2 --interval 0.5 &&
        "$culprit" replay recording -- analyze --format json >first &&
        "$culprit" replay recording -- analyze --format json >second &&
        cmp first second
}

without_bpf() {
    "$culprit" analyze --without bpf --duration 1 --format json >document &&
        grep -qE '"mode":"proc"' document
}

top_in_batch() {
    "$culprit" top --batch 2 --interval 0.5 | grep -q 'PID USER'
}

# A unit's cgroup is written in place; a process that shares its own gets one when asked for; both
# are as before when their time is over.
throttle_on_v2() {
    "$build/workloads/burn" --share 100 --seconds 120 >truth &
    hog=$!
    mkdir /sys/fs/cgroup/batch && echo $hog >/sys/fs/cgroup/batch/cgroup.procs
    sleep 4
    "$culprit" throttle $hog --cpu 20% --for 4s || return 1
    grep -x '4000 20000' /sys/fs/cgroup/batch/cpu.max || return 1
    sleep 7
    grep -x 'max 100000' /sys/fs/cgroup/batch/cpu.max || return 1
    "$culprit" throttle $hog --io-max 1M --for 1m || return 1
    grep 'rbps=1048576 wbps=1048576 riops=max wiops=max' /sys/fs/cgroup/batch/io.max || return 1
    "$culprit" revert --all || return 1
    ! grep rbps /sys/fs/cgroup/batch/io.max || return 1
    echo $hog >/sys/fs/cgroup/cgroup.procs
    "$culprit" throttle $hog --weight 10 && return 1
    "$culprit" throttle $hog --weight 10 --own-cgroup || return 1
    grep culprit-r /proc/$hog/cgroup && grep -x 10 /sys/fs/cgroup/culprit-r*/cpu.weight || return 1
    "$culprit" revert --all || return 1
    grep -x '0::/' /proc/$hog/cgroup && ! ls /sys/fs/cgroup | grep culprit
    result=$?
    kill $hog
    return $result
}

# With the holder of the programs killed, the kernel lets connections pass again.
throttle_connections() {
    while :; do echo hello | nc -l -p 7777; done >/dev/null 2>&1 &
    server=$!
    while sleep 0.3; do nc -w 1 127.0.0.1 7777 </dev/null >/dev/null 2>&1; echo $? >>tried; done &
    client=$!
    sleep 4
    [ "$(tail -n 1 tried)" = 0 ] &&
        "$culprit" throttle $client --deny-connect 127.0.0.1:7777 --force && sleep 3 &&
        [ "$(tail -n 1 tried)" = 1 ] && "$culprit" actions | grep 'counted: refused [1-9]' &&
        kill -KILL "$(tail -n 5 /run/culprit/journal | sed -n 's/.*"keeper_pid":\([0-9]*\).*/\1/p')" &&
        sleep 3 && [ "$(tail -n 1 tried)" = 0 ] && "$culprit" revert --all
    result=$?
    tail -n 3 tried
    kill $client $server
    return $result
}

check "doctor: this kernel can all that is needed" "$culprit" doctor
check "analyze: with BPF, every probe attached" analyze_with_bpf
check "analyze: network bytes by process" analyze_network
check "record, and replay the same twice" record_and_replay
check "analyze: without BPF" without_bpf
check "top --batch" top_in_batch
check "throttle: on cgroup v2, in place and in a cgroup of its own" throttle_on_v2
check "throttle: connections are refused, and not without their holder" throttle_connections
# One of the two stories, for each takes minutes; the knobs themselves were tried above.
case $(uname -r) in
    6.1.*) story=CPU ;;
    *) story=disk ;;
esac
python3 "$1/tests/vm/story.py" "$culprit" $story >said
cat said
grep -qE '^(ok|FAIL) ' said || echo 'FAIL story: it ended without a word'

# Of the tests of calls those that hold no times: they would not hold where the machine is emulated, and
# neither would shares of stacks; there is no Python in the guest. One that hangs is named by the report
# that ends in it.
timeout -s KILL 600 "$build/tests/culprit_live_tests" '~[call]~[python]~[stack],[emulated]' --reporter xml --out live.xml >&2
cat live.xml
