/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks: how often one was found on a CPU, how long threads were blocked with it. Two
 * tables, read once per interval: counts by key, and the frames that keys refer to.
 */
#ifndef CULPRIT_BPF_STACK_H
#define CULPRIT_BPF_STACK_H

#include "thread.h"

#define TRACE_FRAMES 127 /* kernel.perf_event_max_stack, as it is by default */
#define TRACE_CUT 1ULL /* in place of a frame: those farther out were not walked */
#define STACKS_MAX 16384 /* entries of each table at most; user space makes them smaller */

/* The parts of a stack, each with its own frames. */
enum trace_part {
	TRACE_KERNEL = 0,
	TRACE_USER = 1,
	TRACE_INTERPRETER = 2, /* code objects; 0 where the frame before it was called by native
				* code, as far as the interpreter tells */
	TRACE_PARTS = 3,
};

enum stack_kind {
	STACK_ON_CPU = 0,  /* stack_count::samples, of which each stands for a period */
	STACK_BLOCKED = 1, /* stack_count::ns as well */
};

struct stack_key {
	__u64 process_start_time_ns; /* CLOCK_BOOTTIME */
	__u64 traces[TRACE_PARTS];   /* ids: a hash of the frames; 0: there are none */
	__u32 pid;
	__u32 kind; /* enum stack_kind */
	char thread_name[COMM_SIZE];
	__u32 task; /* python_task_counters::id; 0: not known */
	__u32 padding;
};

struct stack_count {
	__u64 samples;
	__u64 ns;
};

/* Frames from the innermost on; after `length` of them the rest is left as it was. */
struct stack_trace {
	__u32 length;
	__u32 padding;
	__u64 frames[TRACE_FRAMES];
};

static_assert(sizeof(struct stack_key) == 64, "stack_key is part of the wire");
static_assert(sizeof(struct stack_trace) == 1024, "stack_trace is part of the wire");

#endif
