/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every record on the way from the kernel to user space begins with, and
 * the causes for which one can be lost. Compiled by both sides.
 */
#ifndef CULPRIT_BPF_RECORD_H
#define CULPRIT_BPF_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif
#ifndef __cplusplus
#define static_assert _Static_assert
#endif

/* Numbers are never reused; a retired kind keeps its line with a note. */
enum record_kind {
	RECORD_THREAD = 1,     /* thread.h: one thread's counters, live or final */
	RECORD_FORK = 2,       /* lifecycle.h */
	RECORD_EXEC = 3,       /* lifecycle.h */
	RECORD_OOM_KILL = 4,   /* memory.h */
	RECORD_RETRANSMIT = 5, /* network.h */
	RECORD_CONNECTION = 6, /* call.h */
	RECORD_EXCHANGE = 7,   /* call.h */
	RECORD_PYTHON_CODE = 8, /* python.h */
	RECORD_LOOKUP = 9,      /* lookup.h */
};

struct record_header {
	__u16 kind;    /* enum record_kind */
	__u16 flags;   /* of the kind */
	__u32 size;    /* of the whole record, this header included */
	__u64 time_ns; /* CLOCK_MONOTONIC */
};

/* Index into the per-CPU array `losses`; counted beside the call that failed. */
enum loss_cause {
	LOSS_RING_FULL = 0,      /* a record found no room in the ring buffer */
	LOSS_THREAD_STORAGE = 1, /* no memory for a thread's counters */
	LOSS_DELAY_PAIRS = 2,    /* table of (victim, suspect) pairs full */
	LOSS_DELAY_HISTORY = 3,  /* a wait reached further back than the CPU's history */
	LOSS_SOCKET_STORAGE = 4, /* no memory for a socket's owner */
	LOSS_USER_READ = 5,      /* a process's own memory could not be read */
	LOSS_DEVICES = 6,        /* table of block devices full */
	LOSS_EXCHANGES_FULL = 7, /* bytes of calls found no room in their ring buffer */
	LOSS_CONNECTIONS = 8,    /* no room for a connection's state */
	LOSS_CONNECTION_BUSY = 9, /* two threads at one connection in the same instant */
	LOSS_PAIRS = 10,         /* table of connections within the host full */
	/* counted in user space */
	LOSS_CALLS_UNTOLD = 11,  /* replies that could not be told apart, too many calls at once */
	LOSS_QUERY_TEXTS = 12,   /* more different queries than are kept */
	/* counted in the kernel again */
	LOSS_PLAINTEXT = 13,     /* what a TLS library had is of no connection that is known */
	LOSS_TASKS = 14,         /* table of tasks inside processes full */
	LOSS_TASK_CODES = 15,    /* table of an interpreter's code objects full */
	LOSS_TASK_WALKS = 16,    /* an interpreter's frames could not be read to their end */
	LOSS_STACK_COUNTS = 17,  /* table of stacks full: samples are missing */
	LOSS_STACK_TRACES = 18,  /* table of frames full, or they came too late */
	LOSS_SYNCS = 19,         /* table of processes that wait for fsync full */
	LOSS_LOOKUPS = 20,       /* in user space: more questions to name servers than are kept */
	LOSS_CAUSES = 21,
};

static_assert(sizeof(struct record_header) == 16, "record_header is part of the wire");

#endif
