#!/bin/sh
# Runs /vm/command in the guest of tools/vm --systemd, reports its status and powers off.
set -eu
export HOME=/root LANG=C.UTF-8 TERM=dumb

# port NAME: the port that tools/vm gave that name; prints its device.
port() {
    for candidate in /sys/class/virtio-ports/*; do
        if read -r name <"$candidate/name" && [ "$name" = "$1" ]; then
            echo "/dev/${candidate##*/}"
        fi
    done
}

status=0
sh /vm/command </dev/null >"$(port stdout)" 2>"$(port stderr)" || status=$?
echo $status >"$(port status)"
sync
exec /vm/busybox poweroff -f
