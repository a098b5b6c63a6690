/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counting of stacks. The kernel's own table of stacks (BPF_MAP_TYPE_STACK_TRACE) has one
 * place for each hash and loses a stack whenever that is taken: of 1,000 different stacks
 * every sixteenth, with 8,192 places. Here a stack is the value of an ordinary hash map
 * under a 64-bit hash of its frames, so that nothing is lost before the table is full; and
 * the same table takes frames that do not come from the kernel's walk.
 */
#ifndef CULPRIT_STACK_TABLE_BPF_H
#define CULPRIT_STACK_TABLE_BPF_H

#include "kernel_compat.bpf.h"
#include "stack.h"
#include "shared_maps.bpf.h"

/* Set by user space, which flips it each interval and reads the tables at rest. */
__u32 stack_table = 0;

/* Preallocated, as a program at an interrupt cannot wait for memory. */
struct stack_counts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX);
	__type(key, struct stack_key);
	__type(value, struct stack_count);
};
struct stack_counts stack_counts_even SEC(".maps");
struct stack_counts stack_counts_odd SEC(".maps");

struct stack_traces {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX);
	__type(key, __u64);
	__type(value, struct stack_trace);
};
struct stack_traces stack_traces_even SEC(".maps");
struct stack_traces stack_traces_odd SEC(".maps");

/* Never 0, which means that there are no frames. */
static __always_inline __u64 hash_trace(const struct stack_trace *trace)
{
	__u64 hash = 0x9e3779b97f4a7c15ULL;
	__u32 i;

	for (i = 0; i < TRACE_FRAMES && i < trace->length; i++) {
		hash = (hash ^ trace->frames[i]) * 0xbf58476d1ce4e5b9ULL;
		hash ^= hash >> 29;
	}
	return hash ? hash : 1;
}

/* The id under which user space finds these frames; 0 when there are none, or no room. */
static __noinline __u64 keep_trace(struct stack_trace *trace, __u32 table)
{
	void *traces = table & 1 ? (void *)&stack_traces_odd : (void *)&stack_traces_even;
	__u64 id;

	if (!trace || !trace->length)
		return 0;
	id = hash_trace(trace);
	if (bpf_map_lookup_elem(traces, &id))
		return id;
	/* That another CPU was first is no loss. */
	bpf_map_update_elem(traces, &id, trace, BPF_NOEXIST);
	if (bpf_map_lookup_elem(traces, &id))
		return id;
	count_loss(LOSS_STACK_TRACES);
	return 0;
}

static __always_inline void count_stack(const struct stack_key *key, __u64 samples, __u64 ns,
					__u32 table)
{
	void *counts = table & 1 ? (void *)&stack_counts_odd : (void *)&stack_counts_even;
	struct stack_count *count = bpf_map_lookup_elem(counts, key);
	struct stack_count first = {.samples = samples, .ns = ns};

	if (!count) {
		if (!bpf_map_update_elem(counts, key, &first, BPF_NOEXIST))
			return;
		count = bpf_map_lookup_elem(counts, key); /* another CPU was first? */
	}
	if (!count) {
		count_loss(LOSS_STACK_COUNTS);
		return;
	}
	__sync_fetch_and_add(&count->samples, samples);
	__sync_fetch_and_add(&count->ns, ns);
}

/* The pid of one process, or 0 for all. */
const volatile __u32 stack_pid = 0;
/* The same of a cgroup: its id in `unit_hierarchy`. */
const volatile __u64 stack_cgroup = 0;
const volatile __u32 unit_hierarchy = HIERARCHY_UNIFIED;

static __always_inline bool wants_stack(struct task_struct *task)
{
	if (stack_pid && (__u32)task->tgid != stack_pid)
		return false;
	return !stack_cgroup || task_cgroup_id(task, unit_hierarchy) == stack_cgroup;
}

static __always_inline void fill_stack_key(struct stack_key *key, struct task_struct *task,
					   __u32 kind)
{
	key->process_start_time_ns = task->group_leader->start_boottime;
	key->pid = task->tgid;
	key->kind = kind;
	__builtin_memcpy(key->thread_name, task->comm, COMM_SIZE);
}

#endif
