// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory running short: time that a thread spends reclaiming pages for its own
 * allocation, and the OOM killer's choice with the limit that was hit. Sizes and
 * faults are the kernel's own counters (thread.bpf.c).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "memory.h"
#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MEMCG_DEPTH 12
/* "No limit" of a page counter is LONG_MAX / PAGE_SIZE; anything near is none. */
#define UNLIMITED_PAGES (1ULL << 50)

static __always_inline int begin_reclaim(void)
{
	struct thread_state *state = thread_state_of(bpf_get_current_task_btf());

	if (state)
		state->reclaim_since_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int end_reclaim(void)
{
	struct thread_state *state = thread_state_of(bpf_get_current_task_btf());

	if (state && state->reclaim_since_ns) {
		state->reclaim_ns += bpf_ktime_get_ns() - state->reclaim_since_ns;
		state->reclaim_since_ns = 0;
	}
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_reclaim_begin)
{
	return begin_reclaim();
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_reclaim_end)
{
	return end_reclaim();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_reclaim_begin)
{
	return begin_reclaim();
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_reclaim_end)
{
	return end_reclaim();
}

/* The memory cgroup, from the allocating task's own upwards, whose limit is used up. */
static __always_inline void find_exhausted_limit(struct task_struct *task,
						 struct oom_kill_record *record)
{
	struct cgroup_subsys_state *css;
	struct mem_cgroup *memcg;
	int i;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return;
	css = BPF_CORE_READ(task, cgroups,
			    subsys[bpf_core_enum_value(enum cgroup_subsys_id,
						       memory_cgrp_id) & 15]);
	for (i = 0; i < MEMCG_DEPTH && css; i++) {
		__u64 limit, usage;

		memcg = container_of(css, struct mem_cgroup, css);
		limit = BPF_CORE_READ(memcg, memory.max);
		usage = BPF_CORE_READ(memcg, memory.usage.counter);
		/* The failed charge itself is not in the usage: allow for a batch of pages. */
		if (limit < UNLIMITED_PAGES && usage + 64 >= limit) {
			record->limit_bytes = limit * PAGE_BYTES;
			record->usage_bytes = usage * PAGE_BYTES;
			record->cgroup_id = BPF_CORE_READ(css, cgroup, kn, id);
			return;
		}
		css = BPF_CORE_READ(css, parent);
	}
}

/* The classic tracepoint: its field `pid` is the same before and after 6.9, where the
 * raw one changed its arguments. */
SEC("tracepoint/oom/mark_victim")
int mark_victim(struct trace_event_raw_mark_victim *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct oom_kill_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&record->header, RECORD_OOM_KILL, 0, sizeof(*record));
	record->pid = ctx->pid;
	record->trigger_pid = task->tgid;
	record->cgroup_id = record->limit_bytes = record->usage_bytes = 0;
	find_exhausted_limit(task, record);
	bpf_ringbuf_submit(record, submit_flags());
	return 0;
}
