#!/bin/sh
# PID 1 of the guest that tools/vm boots: makes the kernel's interfaces available,
# runs /vm/command, reports its status and powers off. Until the ports are open
# everything it prints goes to the kernel console, which tools/vm shows on failure;
# if it fails itself, the kernel panics, and that ends the run at once.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8 TERM=dumb

mount_kernel_interfaces() {
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mkdir -p /dev/pts /dev/shm
    mount -t devpts devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t bpf bpf /sys/fs/bpf
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t tracefs tracefs /sys/kernel/tracing
    ln -s /proc/self/fd /dev/fd
    ln -s /proc/self/fd/0 /dev/stdin
    ln -s /proc/self/fd/1 /dev/stdout
    ln -s /proc/self/fd/2 /dev/stderr
}

# mount_tmpfs DIRECTORY MODE: what tools/vm put there stays visible.
mount_tmpfs() {
    mount -t tmpfs -o "mode=$2" tmpfs /mnt
    find "$1" -mindepth 1 -maxdepth 1 -exec mv {} /mnt/ +
    mount -o move /mnt "$1"
}

mount_cgroups() {
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

# The list is in the order of dependency; what is not in it is built in.
load_modules() {
    while read -r module; do
        insmod "/vm/modules/$module"
    done </vm/modules/list
}

# port NAME: waits for the port that tools/vm gave that name; prints its device.
port() {
    while true; do
        for candidate in /sys/class/virtio-ports/*; do
            if read -r name <"$candidate/name" && [ "$name" = "$1" ]; then
                echo "/dev/${candidate##*/}"
                return
            fi
        done 2>/dev/null
        sleep 0.01
    done
}

# A port can be open only once, so the command writes to pipes: then it may open
# /dev/stdout again, and whatever it leaves running cannot cut its output short.
run_command() {
    mkfifo /vm/stdout /vm/stderr
    cat /vm/stdout >"$(port stdout)" &
    stdout_copier=$!
    cat /vm/stderr >"$(port stderr)" &
    stderr_copier=$!
    status=0
    sh /vm/command </dev/null >/vm/stdout 2>/vm/stderr || status=$?
    end_all_but $stdout_copier $stderr_copier
    wait
    echo $status >"$(port status)"
}

# Some end by themselves meanwhile; what cannot be killed goes with the guest.
end_all_but() {
    for process in /proc/[0-9]*; do
        pid=${process#/proc/}
        case " 1 $* " in
            *" $pid "*) ;;
            *) kill -9 "$pid" 2>/dev/null || true ;;
        esac
    done
}

mount_kernel_interfaces
mount_tmpfs /tmp 1777
mount_tmpfs /run 755
mount_cgroups
load_modules
mount -t ext4 /dev/vda /scratch
ip link set lo up
hostname culprit-vm
run_command
sync
poweroff -f
