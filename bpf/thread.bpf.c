// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Once per interval: every thread that ran since it was last shipped, with the
 * counters that the kernel keeps anyway. Exact, complete, and without any hook.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "block_reason.bpf.h"
#include "blocked.bpf.h"
#include "thread_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 unit_hierarchy = HIERARCHY_UNIFIED;

/* Set by user space before each pass. */
__s64 clock_offset_ns = 0; /* CLOCK_MONOTONIC minus the scheduler's clock; 0: unknown */
__u32 list_all = 1;        /* ship the threads that did not run, too */

/* As if it had got a CPU and left it now, unless it is on one: then since when is known. */
static __always_inline struct thread_state *first_sight(struct task_struct *task)
{
	struct thread_state *state = thread_state_of(task);
	__u64 now = clock_offset_ns ? bpf_ktime_get_ns() - clock_offset_ns : 0;
	__u64 queued_ns = task->sched_info.run_delay;

	if (!state)
		return NULL;
	if (task->on_cpu)
		note_arrival(state, task->sched_info.last_arrival,
			     task->se.prev_sum_exec_runtime, queued_ns);
	else
		note_arrival(state, now, task->se.sum_exec_runtime,
			     queued_ns + queued_since(task->sched_info.last_queued, now));
	return state;
}

/* What the thread waits for, as of the record's time. A wait counts as blocked when the thread gets a
 * CPU again: until then one that is over, while the thread is queued, is added here. */
static __always_inline void fill_waits(struct thread_record *record, struct task_struct *task,
				       struct thread_state *state)
{
	__u64 now = record->header.time_ns - clock_offset_ns;
	__u64 queued = task->sched_info.last_queued, over;
	__u8 reason;

	record->reason = 0;
	record->ongoing_ns = 0;
	if (task->on_cpu) {
		record->condition = THREAD_RUNNING;
		return;
	}
	reason = block_reason(task, state, ~0ULL);
	if (!queued) {
		record->condition = THREAD_BLOCKED;
		record->reason = reason;
		record->ongoing_ns =
			blocked_until(state, now, record->cpu_ns, record->run_queue_ns);
		if (state->last_contended)
			record->header.flags |= THREAD_CONTENDED;
		return;
	}
	record->condition = THREAD_QUEUED;
	record->ongoing_ns = queued_since(queued, now);
	over = blocked_until(state, queued, record->cpu_ns, record->run_queue_ns);
	if (reason < BLOCKED_REASONS)
		record->blocked_ns[reason] += over;
	if (state->last_contended)
		record->contended_ns += over;
}

SEC("iter/task")
int list_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_record record;
	struct thread_state *state;
	__u64 arrivals, arrival;

	/* The dead ship a final record from their last switch. */
	if (!task || task->exit_state)
		return 0;
	state = bpf_task_storage_get(&threads, task, 0, 0);
	if (!state || !state->arrival_ns)
		state = first_sight(task);
	if (!state)
		return 0;
	arrivals = task->sched_info.pcount;
	if (!list_all && arrivals == state->shipped_arrivals && !task->on_cpu &&
	    !task->sched_info.last_queued)
		return 0;
	for (int tries = 0; tries < 2; tries++) {
		arrival = *(volatile __u64 *)&state->arrival_ns;
		fill_thread_record(&record, task, state, unit_hierarchy);
		fill_waits(&record, task, state);
		if (arrival == *(volatile __u64 *)&state->arrival_ns)
			break; /* else it got a CPU meanwhile */
	}
	if (list_all)
		record.header.flags |= THREAD_COMPLETE;
	if (clock_offset_ns && state->arrival_ns)
		record.header.flags |= THREAD_ONGOING;
	record.exit_code = 0;
	/* A full buffer is grown and the same task offered again, so mark it only after. */
	if (!bpf_seq_write(ctx->meta->seq, &record, sizeof(record)))
		state->shipped_arrivals = task->on_cpu ? 0 : arrivals;
	return 0;
}
