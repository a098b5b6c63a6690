// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Scheduler: what the kernel does not count by itself. Who ran on the CPU on which a
 * thread stood in the queue, for what reason a thread was blocked, how long waits for
 * a CPU were on the whole host; and the final record of a thread, taken at its last
 * switch because nothing of it moves after that.
 *
 * One program on sched_switch does all of it with one storage look-up and no clock
 * read: the run queue's clock is fresh here, sched_info.last_queued still says since
 * when `next` has been runnable, and of the time from its last arrival until then all
 * that was neither CPU time nor a wait for a CPU was blocked. So a switch-out need not
 * be noted at all.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "sched.h"
#include "block_reason.bpf.h"
#include "blocked.bpf.h"
#include "thread_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 unit_hierarchy = HIERARCHY_UNIFIED;
/* Waits shorter than this are in the histogram but are charged to nobody. */
const volatile __u64 delay_threshold_ns = 20000;

/* A thread's first stints are charged to nobody: in a storm of short processes each waits
 * behind dozens that will never be seen again, and the pairs would fill the table. */
const volatile __u64 delay_first_stint = 8;

/* Set by user space, which flips it each interval and reads the table at rest. */
__u32 delay_table = 0;
__u32 delay_table_full = 0; /* an insertion into a full table costs more than ten look-ups */
/* CLOCK_MONOTONIC minus the scheduler's clock; taken anew when user space clears it. */
__s64 clock_offset_ns = 0;

struct stint {
	__u64 end_ns;
	__u32 pid;
	__u32 padding;
};

#define STINTS 128 /* a power of two */

struct cpu_history {
	__u32 head; /* next slot to write */
	__u32 padding;
	struct stint stints[STINTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_history);
} cpu_histories SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram);
} run_queue_latency SEC(".maps");

/* Preallocated: a switch cannot wait for memory, and would lose the pair instead. */
struct delay_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DELAY_PAIRS_MAX);
	__type(key, struct delay_pair);
	__type(value, __u64);
};
struct delay_table delays_even SEC(".maps");
struct delay_table delays_odd SEC(".maps");

static __always_inline void add_delay(void *table, struct delay_pair *pair, __u64 ns)
{
	__u64 *sum = bpf_map_lookup_elem(table, pair);

	if (!sum && !delay_table_full) {
		if (!bpf_map_update_elem(table, pair, &ns, BPF_NOEXIST))
			return;
		sum = bpf_map_lookup_elem(table, pair); /* another CPU was first? */
		if (!sum)
			delay_table_full = 1;
	}
	if (sum)
		__sync_fetch_and_add(sum, ns);
	else
		count_loss(LOSS_DELAY_PAIRS);
}

/* Charges the wait from `queued` to `now` to those who ran on that CPU meanwhile. */
static __noinline int charge_delay(struct cpu_history *history, __u32 victim, __u64 queued,
				   __u64 now)
{
	struct delay_pair pair = { .victim = victim };
	__u32 i, head;

	if (!history)
		return 0;
	head = history->head;
	for (i = 1; i < STINTS; i++) {
		struct stint *stint = &history->stints[(head - i) & (STINTS - 1)];
		__u64 end = stint->end_ns < now ? stint->end_ns : now;
		__u64 begin = history->stints[(head - i - 1) & (STINTS - 1)].end_ns;

		if (end <= queued)
			return 0;
		if (begin < queued)
			begin = queued;
		pair.suspect = stint->pid;
		if (pair.suspect && end > begin) {
			if (delay_table & 1)
				add_delay(&delays_odd, &pair, end - begin);
			else
				add_delay(&delays_even, &pair, end - begin);
		}
		if (begin == queued)
			return 0;
	}
	count_loss(LOSS_DELAY_HISTORY);
	return 0;
}

static __always_inline void count_wait(__u64 wait)
{
	__u32 zero = 0, bucket = histogram_bucket(wait);
	struct histogram *latency = bpf_map_lookup_elem(&run_queue_latency, &zero);

	if (!latency || bucket >= HISTOGRAM_BUCKETS)
		return;
	latency->count++;
	latency->sum_ns += wait;
	latency->buckets[bucket]++;
}

/* `task` is about to run, and has been in this CPU's queue since `queued`: between its last stint
 * and then it was blocked, or in the queues of CPUs that it was moved from. */
static __always_inline void count_blocked(struct task_struct *task, __u64 queued, __u64 now)
{
	struct thread_state *state = thread_state_of(task);
	__u64 cpu_ns = task->se.sum_exec_runtime, queued_ns = task->sched_info.run_delay;
	__u64 blocked_ns;

	if (!state)
		return;
	blocked_ns = blocked_until(state, queued, cpu_ns, queued_ns);
	if (blocked_ns) {
		__u8 reason = block_reason(task, state, blocked_ns);

		if (reason < BLOCKED_REASONS)
			state->blocked_ns[reason] += blocked_ns;
		if (state->last_contended)
			state->contended_ns += blocked_ns;
	}
	note_arrival(state, now, cpu_ns, queued_ns + queued_since(queued, now));
}

static __always_inline void end_stint(struct cpu_history *history, struct task_struct *prev,
				      __u64 now)
{
	struct stint *stint = &history->stints[history->head++ & (STINTS - 1)];

	stint->end_ns = now;
	stint->pid = prev->tgid;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 zero = 0;
	struct cpu_history *history = bpf_map_lookup_elem(&cpu_histories, &zero);
	__u64 now = run_queue_of(next)->clock;
	__u64 queued = next->sched_info.last_queued;

	if (!history)
		return 0;
	end_stint(history, prev, now);
	if (prev->__state & TASK_DEAD) {
		struct thread_state *state = thread_state_of(prev);

		if (state)
			ship_final_record(prev, state, unit_hierarchy);
	}
	if (!next->pid)
		return 0;
	if (!clock_offset_ns)
		clock_offset_ns = bpf_ktime_get_ns() - now;
	if (!queued)
		return 0;
	count_blocked(next, queued, now);
	if (now < queued)
		return 0;
	count_wait(now - queued);
	if (now - queued >= delay_threshold_ns && next->sched_info.pcount >= delay_first_stint)
		charge_delay(history, next->tgid, queued, now);
	return 0;
}

/* A queued thread is pulled to another CPU: settle what it waited for on this one. */
SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task, struct task_struct *task, int destination)
{
	__u64 queued = task->sched_info.last_queued, now = run_queue_of(task)->clock;
	struct cpu_history *history;
	__u32 zero = 0;

	if (!queued || now < queued + delay_threshold_ns ||
	    task->sched_info.pcount < delay_first_stint)
		return 0;
	history = bpf_map_lookup_percpu_elem(&cpu_histories, &zero, run_queue_of(task)->cpu);
	if (history)
		charge_delay(history, task->tgid, queued, now);
	return 0;
}
