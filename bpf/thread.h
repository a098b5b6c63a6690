/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One thread as the kernel counts it, plus what our probes add. The same record
 * comes from the task iterator (live, once per interval) and from a thread's last
 * context switch (final), so that both are read by one piece of code.
 */
#ifndef CULPRIT_BPF_THREAD_H
#define CULPRIT_BPF_THREAD_H

#include "record.h"

enum blocked_reason {
	BLOCKED_DISK = 0,
	BLOCKED_LOCK = 1,
	BLOCKED_NETWORK = 2,
	BLOCKED_SLEEP = 3,
	BLOCKED_OTHER = 4,
	BLOCKED_REASONS = 5,
};

enum thread_condition {
	THREAD_RUNNING = 1,
	THREAD_QUEUED = 2,
	THREAD_BLOCKED = 3,
};

/* Flags in the header of RECORD_THREAD. */
enum thread_flag {
	THREAD_FINAL = 1 << 0,       /* it has run for the last time */
	THREAD_KERNEL = 1 << 1,      /* a kernel thread */
	THREAD_LAST = 1 << 2,        /* its process ends with it */
	THREAD_ONGOING = 1 << 3,     /* ongoing_ns is known */
	THREAD_OOM_VICTIM = 1 << 4,  /* chosen by the OOM killer */
	THREAD_HAS_MEMORY = 1 << 5,  /* rss and swap are known */
	THREAD_COMPLETE = 1 << 6,    /* from a pass that lists every thread */
	THREAD_CONTENDED = 1 << 7,   /* the ongoing wait is for a lock that another holds */
};

#define COMM_SIZE 16

struct thread_record {
	struct record_header header;
	__u32 tid;
	__u32 pid;             /* the kernel's tgid */
	__u32 parent_pid;
	__u32 uid;
	__u64 start_time_ns;         /* CLOCK_BOOTTIME */
	__u64 process_start_time_ns; /* of the group leader */
	__u64 cgroup_id;             /* in the hierarchy chosen at load */
	/* counted by the kernel, cumulative */
	__u64 cpu_ns;
	__u64 user_ticks_ns; /* sampled at ticks: only the ratio to system is used */
	__u64 system_ticks_ns;
	__u64 run_queue_ns;
	__u64 voluntary_switches;
	__u64 involuntary_switches;
	__u64 migrations;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 read_bytes;
	__u64 write_bytes;
	/* of the process, repeated in each of its threads */
	__u64 rss_bytes;
	__u64 rss_peak_bytes;
	__u64 swap_bytes;
	__u64 exited_threads_cpu_ns; /* threads reaped before now */
	__u64 open_files_soft_limit;
	__u32 thread_count;
	__s32 exit_code; /* as wait(2) gives it; final records only */
	/* counted by our probes, cumulative */
	__u64 blocked_ns[BLOCKED_REASONS];
	__u64 contended_ns; /* the part of BLOCKED_LOCK that waited for a lock's holder */
	__u64 reclaim_ns;
	__u64 receive_bytes;
	__u64 transmit_bytes;
	__u32 connects;
	__u32 accepts;
	__u32 closes;
	/* now */
	__u8 condition; /* enum thread_condition */
	__u8 reason;    /* enum blocked_reason, when blocked */
	__s8 nice;
	__u8 policy;        /* SCHED_* */
	__u64 ongoing_ns;   /* how long it has been queued or blocked so far */
	__s16 oom_score_adj;
	__u16 padding[3];
	char name[COMM_SIZE];
};

static_assert(sizeof(struct thread_record) == 312, "thread_record is part of the wire");
static_assert(__builtin_offsetof(struct thread_record, blocked_ns) == 192, "layout");
static_assert(__builtin_offsetof(struct thread_record, name) == 296, "layout");

#endif
