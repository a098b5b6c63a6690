/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long a thread was blocked, told from three clocks that move one at a time: it is on a CPU
 * (se.sum_exec_runtime), in a queue (sched_info.run_delay), or blocked, which is the rest.
 */
#ifndef CULPRIT_BLOCKED_BPF_H
#define CULPRIT_BLOCKED_BPF_H

#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"

/* Nanoseconds blocked between the last arrival that we saw and `until`, by when it has had `cpu_ns` of
 * CPU time and `queued_ns` of waits for a CPU. 0 when that arrival is unknown. */
static __always_inline __u64 blocked_until(const struct thread_state *state, __u64 until,
					   __u64 cpu_ns, __u64 queued_ns)
{
	__s64 blocked = until - state->arrival_ns - (cpu_ns - state->cpu_ns_at_arrival) -
			(queued_ns - state->queued_ns_at_arrival);

	return state->arrival_ns && blocked > 0 ? blocked : 0;
}

/* The thread got a CPU at `arrival_ns`, with so much of CPU time and of waits for a CPU behind it. */
static __always_inline void note_arrival(struct thread_state *state, __u64 arrival_ns,
					 __u64 cpu_ns, __u64 queued_ns)
{
	state->cpu_ns_at_arrival = cpu_ns;
	state->queued_ns_at_arrival = queued_ns;
	STORE_LAST(state->arrival_ns, arrival_ns);
}

/* How long it has been in the queue in which it is since `queued`, where 0 is in none. */
static __always_inline __u64 queued_since(__u64 queued, __u64 now)
{
	return queued && now > queued ? now - queued : 0;
}

/* The thread runs. Counts what it was blocked before it got its CPU, if no program was run then, as
 * where the kernel keeps some threads, and with them the switches that they make, from tracing. */
static __always_inline void count_unseen(struct thread_state *state, struct task_struct *task)
{
	__u64 cpu_ns = task->se.prev_sum_exec_runtime, queued_ns = task->sched_info.run_delay;

	if (!state->arrival_ns || state->arrival_ns == task->sched_info.last_arrival ||
	    cpu_ns < state->cpu_ns_at_arrival) /* only the fair class keeps it */
		return;
	state->blocked_ns[BLOCKED_OTHER] +=
		blocked_until(state, task->sched_info.last_arrival, cpu_ns, queued_ns);
	note_arrival(state, task->sched_info.last_arrival, cpu_ns, queued_ns);
}

#endif
