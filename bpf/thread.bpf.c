// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Once per interval: every thread that ran since it was last shipped, with the
 * counters that the kernel keeps anyway. Exact, complete, and without any hook.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "block_reason.bpf.h"
#include "thread_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 unit_hierarchy = HIERARCHY_UNIFIED;

/* Set by user space before each pass. */
__s64 clock_offset_ns = 0; /* CLOCK_MONOTONIC minus the scheduler's clock; 0: unknown */
__u32 list_all = 1;        /* ship the threads that did not run, too */

/* Since when, on the scheduler's clock, the thread is queued or blocked; 0: unknown. */
static __always_inline __u64 condition_since(struct task_struct *task, struct thread_state *state,
					     struct thread_record *record)
{
	__u64 queued = task->sched_info.last_queued, since;

	record->reason = 0;
	if (task->on_cpu) {
		record->condition = THREAD_RUNNING;
		return 0;
	}
	if (queued) {
		record->condition = THREAD_QUEUED;
		return queued;
	}
	record->condition = THREAD_BLOCKED;
	since = state->floor_ns;
	if (state->arrival_known) {
		__u64 stint_end = task->sched_info.last_arrival + task->se.sum_exec_runtime -
				  state->cpu_ns_at_arrival;

		if (stint_end > since)
			since = stint_end;
	}
	record->reason = block_reason(task, state, ~0ULL);
	return since;
}

static __always_inline struct thread_state *first_sight(struct task_struct *task, __u64 now)
{
	struct thread_state *state = thread_state_of(task);

	if (!state)
		return NULL;
	state->floor_ns = now;
	/* Off the CPU, all of its CPU time belongs to stints that are over. */
	if (!task->on_cpu) {
		state->cpu_ns_at_arrival = task->se.sum_exec_runtime;
		state->queued_ns_at_arrival = task->sched_info.run_delay;
		state->arrival_known = 1;
	}
	return state;
}

SEC("iter/task")
int list_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_record record;
	struct thread_state *state;
	__u64 arrivals, now, since;

	/* The dead ship a final record from their last switch. */
	if (!task || task->exit_state)
		return 0;
	now = clock_offset_ns ? bpf_ktime_get_ns() - clock_offset_ns : 0;
	state = bpf_task_storage_get(&threads, task, 0, 0);
	if (!state)
		state = first_sight(task, now);
	if (!state)
		return 0;
	arrivals = task->sched_info.pcount;
	if (!list_all && arrivals == state->shipped_arrivals && !task->on_cpu &&
	    !task->sched_info.last_queued)
		return 0;
	since = condition_since(task, state, &record);
	fill_thread_record(&record, task, state, unit_hierarchy);
	if (list_all)
		record.header.flags |= THREAD_COMPLETE;
	record.ongoing_ns = 0;
	record.exit_code = 0;
	if (since && now) {
		record.header.flags |= THREAD_ONGOING;
		if (record.condition == THREAD_BLOCKED && state->last_contended)
			record.header.flags |= THREAD_CONTENDED;
		if (now > since)
			record.ongoing_ns = now - since;
	}
	/* A full buffer is grown and the same task offered again, so mark it only after. */
	if (!bpf_seq_write(ctx->meta->seq, &record, sizeof(record)))
		state->shipped_arrivals = task->on_cpu ? 0 : arrivals;
	return 0;
}
