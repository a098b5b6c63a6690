/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a thread blocked in a system call is waiting for. Numbers from the kernel's
 * arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
#ifndef CULPRIT_SYSCALLS_BPF_H
#define CULPRIT_SYSCALLS_BPF_H

#include <bpf/bpf_tracing.h>
#include "thread.h"

#define REASON_BY_FILE 255 /* the file behind the first argument decides */

#if defined(__TARGET_ARCH_x86)
#define BY_ARCH(x86, arm64) x86
#else
#define BY_ARCH(x86, arm64) arm64
#endif
#define X86_ONLY(x86) BY_ARCH(x86, -1000 - x86)

static __always_inline __u8 reason_of_syscall(long number, struct pt_regs *regs)
{
	switch (number) {
	case BY_ARCH(0, 63):    /* read */
	case BY_ARCH(1, 64):    /* write */
	case BY_ARCH(17, 67):   /* pread64 */
	case BY_ARCH(18, 68):   /* pwrite64 */
	case BY_ARCH(19, 65):   /* readv */
	case BY_ARCH(20, 66):   /* writev */
	case BY_ARCH(40, 71):   /* sendfile */
	case BY_ARCH(275, 76):  /* splice */
	case BY_ARCH(295, 69):  /* preadv */
	case BY_ARCH(296, 70):  /* pwritev */
		return REASON_BY_FILE;
	case BY_ARCH(26, 227):  /* msync */
	case BY_ARCH(74, 82):   /* fsync */
	case BY_ARCH(75, 83):   /* fdatasync */
	case BY_ARCH(162, 81):  /* sync */
	case BY_ARCH(277, 84):  /* sync_file_range */
	case BY_ARCH(306, 267): /* syncfs */
		return BLOCKED_DISK;
	case BY_ARCH(202, 98):  /* futex */
	case BY_ARCH(449, 449): /* futex_waitv */
	case BY_ARCH(455, 455): /* futex_wait */
	case BY_ARCH(65, 193):  /* semop */
	case BY_ARCH(220, 192): /* semtimedop */
	case BY_ARCH(72, 25):   /* fcntl: F_SETLKW is what blocks */
	case BY_ARCH(73, 32):   /* flock */
	case BY_ARCH(9, 222):   /* mmap: waits for mmap_lock, as do the next four */
	case BY_ARCH(10, 226):  /* mprotect */
	case BY_ARCH(11, 215):  /* munmap */
	case BY_ARCH(12, 214):  /* brk */
	case BY_ARCH(28, 233):  /* madvise */
		return BLOCKED_LOCK;
	case BY_ARCH(35, 101):  /* nanosleep */
	case BY_ARCH(230, 115): /* clock_nanosleep */
	case BY_ARCH(128, 137): /* rt_sigtimedwait */
	case BY_ARCH(130, 133): /* rt_sigsuspend */
	case X86_ONLY(34):      /* pause */
		return BLOCKED_SLEEP;
	case X86_ONLY(7):       /* poll: without descriptors it is a sleep */
	case BY_ARCH(271, 73):  /* ppoll */
		return PT_REGS_PARM2(regs) ? BLOCKED_NETWORK : BLOCKED_SLEEP;
	case X86_ONLY(23):      /* select */
	case BY_ARCH(270, 72):  /* pselect6 */
		return PT_REGS_PARM1(regs) ? BLOCKED_NETWORK : BLOCKED_SLEEP;
	case X86_ONLY(232):     /* epoll_wait */
	case BY_ARCH(281, 22):  /* epoll_pwait */
	case BY_ARCH(441, 441): /* epoll_pwait2 */
	case BY_ARCH(42, 203):  /* connect */
	case BY_ARCH(43, 202):  /* accept */
	case BY_ARCH(288, 242): /* accept4 */
	case BY_ARCH(44, 206):  /* sendto */
	case BY_ARCH(45, 207):  /* recvfrom */
	case BY_ARCH(46, 211):  /* sendmsg */
	case BY_ARCH(47, 212):  /* recvmsg */
	case BY_ARCH(299, 243): /* recvmmsg */
	case BY_ARCH(307, 269): /* sendmmsg */
		return BLOCKED_NETWORK;
	default:
		return BLOCKED_OTHER;
	}
}

#define FUTEX_COMMAND_MASK 0x7f
#define FUTEX_WAIT 0
#define FUTEX_LOCK_PI 6
#define FUTEX_WAIT_BITSET 9
#define FUTEX_LOCK_PI2 13
#define MUTEX_HAS_WAITERS 2

/* Of the calls that are BLOCKED_LOCK: true when somebody holds what is waited for, false
 * for a wait until there is something to do (condition variable, semaphore, idle worker),
 * which is a futex, too. A mutex sleeps on the value 2 in glibc, Rust and Go alike
 * (Drepper, "Futexes Are Tricky", mutex2). */
static __always_inline __u8 is_contended(long number, struct pt_regs *regs)
{
	__u32 command;

	if (number == BY_ARCH(449, 449) || number == BY_ARCH(455, 455))
		return 0;
	if (number != BY_ARCH(202, 98))
		return 1;
	command = (__u32)PT_REGS_PARM2(regs) & FUTEX_COMMAND_MASK;
	if (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2)
		return 1;
	return (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) &&
	       (__u32)PT_REGS_PARM3(regs) == MUTEX_HAS_WAITERS;
}

#endif
