/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every difference between kernels that our programs meet, one inline each. */
#ifndef CULPRIT_KERNEL_COMPAT_BPF_H
#define CULPRIT_KERNEL_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>

/* Constants of the kernel that BTF does not carry. */
#define PF_KTHREAD 0x00200000
#define PF_IO_WORKER 0x00000010
#define TASK_DEAD 0x80
#define SIGNAL_GROUP_EXIT 0x4
#define RLIMIT_NOFILE 7
#define MAX_PATH_WALK 16
#define PAGE_BYTES 4096ULL

enum rss_member { RSS_FILE = 0, RSS_ANON = 1, RSS_SWAP = 2, RSS_SHMEM = 3 };

/* f1a7941243c1 (6.2) turned mm_struct.rss_stat from atomics into per-CPU counters;
 * their central part is what /proc showed until 6.17. */
struct mm_rss_stat___v61 {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));
/* A relocation of a struct does not match an array of the same name, so each has its own. */
struct mm_struct___v61 {
	struct mm_rss_stat___v61 rss_stat;
} __attribute__((preserve_access_index));

static __always_inline __u64 mm_pages(struct mm_struct *mm, enum rss_member member)
{
	__u64 base = (__u64)mm;
	__s64 pages = 0;

	if (bpf_core_type_exists(struct mm_rss_stat___v61))
		base += bpf_core_field_offset(struct mm_struct___v61, rss_stat) +
			member * sizeof(__s64);
	else
		base += bpf_core_field_offset(struct mm_struct, rss_stat) + member * bpf_core_type_size(struct percpu_counter) +
			bpf_core_field_offset(struct percpu_counter, count);
	bpf_probe_read_kernel(&pages, sizeof(pages), (void *)base);
	return pages > 0 ? pages : 0;
}

static __always_inline __u64 mm_resident_pages(struct mm_struct *mm)
{
	return mm_pages(mm, RSS_FILE) + mm_pages(mm, RSS_ANON) + mm_pages(mm, RSS_SHMEM);
}

/* The run queue's clock (sched_clock base, ns), fresh at every context switch.
 * cfs_rq.rq exists with CONFIG_FAIR_GROUP_SCHED, which facts check; every task has
 * se.cfs_rq, whatever its class. */
static __always_inline struct rq *run_queue_of(struct task_struct *task)
{
	return task->se.cfs_rq->rq;
}

/* Id of a task's cgroup in the hierarchy that names units on this host: the unified
 * one, or on cgroup v1 that of a controller. Subsystem numbers differ by config. */
enum unit_hierarchy { HIERARCHY_UNIFIED = 0, HIERARCHY_CPU = 1, HIERARCHY_MEMORY = 2,
		      HIERARCHY_PIDS = 3 };

static __always_inline __u64 task_cgroup_id(struct task_struct *task, __u32 hierarchy)
{
	__u32 subsystem;

	switch (hierarchy) {
	case HIERARCHY_CPU:
		if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id))
			return 0;
		subsystem = bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id);
		break;
	case HIERARCHY_MEMORY:
		if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
			return 0;
		subsystem = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
		break;
	case HIERARCHY_PIDS:
		if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
			return 0;
		subsystem = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
		break;
	default:
		return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	}
	return BPF_CORE_READ(task, cgroups, subsys[subsystem & 15], cgroup, kn, id);
}

/* Stores a word after all that was stored before, as others on other CPUs see it. On x86 stores are
 * in order. */
#if defined(__TARGET_ARCH_x86)
#define STORE_LAST(to, value)                                                                  \
	do {                                                                                   \
		barrier();                                                                     \
		*(volatile typeof(to) *)&(to) = (value);                                       \
	} while (0)
#else
#define STORE_LAST(to, value) __sync_lock_test_and_set(&(to), value)
#endif

/* What pthread_self() is on x86-64, as the thread last left the CPU or set it. */
static __always_inline __u64 thread_pointer(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread.fsbase;
#elif defined(__TARGET_ARCH_arm64)
	return task->thread.uw.tp_value;
#endif
}

/* A system call leaves the address after it in rcx; a fault or an interrupt does
 * not, and keeps something else where the call's number would be. */
static __always_inline long current_syscall(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->cx == regs->ip ? (long)regs->orig_ax : -1;
#elif defined(__TARGET_ARCH_arm64)
	return regs->syscallno;
#else
#error "unsupported architecture"
#endif
}

#endif
