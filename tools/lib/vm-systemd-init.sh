#!/bin/sh
# PID 1 of the guest of tools/vm --systemd: loads what the ports need, and becomes systemd.
set -eu
while read -r module; do
    /vm/busybox insmod "/vm/modules/$module"
done </vm/modules/list
exec /lib/systemd/systemd
