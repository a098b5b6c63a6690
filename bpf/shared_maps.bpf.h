/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps that all probe families share. Each object declares them; the loader
 * creates them once and hands the same map to every object (bpf_map__reuse_fd).
 */
#ifndef CULPRIT_SHARED_MAPS_BPF_H
#define CULPRIT_SHARED_MAPS_BPF_H

#include "record.h"
#include "thread.h"

/* What our probes count for a thread. Lives and dies with its task_struct, so a
 * reused pid never inherits anything and nothing is left to clean up. */
struct thread_state {
	__u64 arrival_ns; /* scheduler clock when we last saw it get a CPU, or first saw it; 0: neither */
	__u64 cpu_ns_at_arrival;    /* se.sum_exec_runtime then */
	__u64 queued_ns_at_arrival; /* all of its waits for a CPU, up to then */
	__u64 shipped_arrivals;     /* sched_info.pcount when last shipped */
	__u64 blocked_ns[BLOCKED_REASONS];
	__u64 contended_ns;
	__u64 reclaim_ns;
	__u64 reclaim_since_ns;
	__u64 receive_bytes;
	__u64 transmit_bytes;
	__u32 connects;
	__u32 accepts;
	__u32 closes;
	__s32 last_syscall; /* memo of the last classification, see block_reason.bpf.h */
	__s32 last_fd;
	__u8 last_reason;
	__u8 last_contended;
	__u8 padding[2];
	__u32 message_index;    /* of sendmmsg and recvmmsg: the next message of the vector */
	__u64 message_vector;
};

/* Task-local storage: 3-4 ns a look-up, against 8 for a hash and 66 for an LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps");

/* Discrete events. 2 MiB hold 7,000 exits; user space drains every 100 ms and is
 * woken early only when a quarter is full. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOSS_CAUSES);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

#define RECORDS_WAKEUP_BYTES (512 << 10)

static __always_inline void count_loss(__u32 cause)
{
	__u64 *lost = bpf_map_lookup_elem(&losses, &cause);

	if (lost)
		*lost += 1;
}

/* How to submit: silently, unless the consumer is falling behind. */
static __always_inline __u64 submit_flags(void)
{
	return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > RECORDS_WAKEUP_BYTES ?
		BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void fill_header(struct record_header *header, __u16 kind,
					__u16 flags, __u32 size)
{
	header->kind = kind;
	header->flags = flags;
	header->size = size;
	header->time_ns = bpf_ktime_get_ns();
}

static __always_inline struct thread_state *thread_state_of(struct task_struct *task)
{
	struct thread_state *state =
		bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!state)
		count_loss(LOSS_THREAD_STORAGE);
	return state;
}

#endif
