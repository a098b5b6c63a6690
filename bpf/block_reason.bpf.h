/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a thread is blocked, told from what the kernel keeps while it is: io_schedule()
 * sets in_iowait, and the registers it entered the kernel with hold the system call.
 */
#ifndef CULPRIT_BLOCK_REASON_BPF_H
#define CULPRIT_BLOCK_REASON_BPF_H

#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"
#include "syscalls.bpf.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFBLK 0060000

/* A descriptor's kind decides for read, write and their kin. */
static __always_inline __u8 reason_of_file(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;
	__u32 capacity = BPF_CORE_READ(table, max_fds);
	__u16 mode;

	if (fd >= capacity)
		return BLOCKED_OTHER;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return BLOCKED_OTHER;
	mode = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
	if (mode == S_IFSOCK)
		return BLOCKED_NETWORK;
	return mode == S_IFREG || mode == S_IFBLK ? BLOCKED_DISK : BLOCKED_OTHER;
}

/* `task` is off the CPU and has been blocked for `duration_ns`. The descriptor of a
 * short wait is looked up only when it differs from the thread's last one. */
static __always_inline __u8 block_reason(struct task_struct *task, struct thread_state *state,
					 __u64 duration_ns)
{
	struct pt_regs *regs;
	long number;
	__u8 reason;
	__s32 fd;

	if (BPF_CORE_READ_BITFIELD(task, in_iowait)) {
		state->last_syscall = state->last_contended = 0;
		return BLOCKED_DISK;
	}
	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return BLOCKED_OTHER;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	number = current_syscall(regs);
	if (number < 0) {
		/* A fault that waits without I/O waits for mmap_lock. */
		state->last_syscall = 0;
		state->last_contended = 1;
		return BLOCKED_LOCK;
	}
	fd = (__s32)PT_REGS_PARM1(regs);
	if (state->last_syscall == number + 1 && state->last_fd == fd && duration_ns < 1000000)
		return state->last_reason;
	reason = reason_of_syscall(number, regs);
	if (reason == REASON_BY_FILE)
		reason = reason_of_file(task, fd);
	state->last_syscall = number + 1;
	state->last_fd = fd;
	state->last_reason = reason;
	state->last_contended = reason == BLOCKED_LOCK && is_contended(number, regs);
	return reason;
}

#endif
