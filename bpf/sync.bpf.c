// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long it takes to make files durable: fsync, fdatasync, msync, O_SYNC writes and what
 * io_uring does of these, all of which end in vfs_fsync_range(). Where functions cannot be
 * attached to, ext4 tells of its own. The tracepoints of system calls would tell as well, but
 * one of them that is on makes every system call of the host slower.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "sync.h"
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* When the present call of a thread began; only of threads that do such calls. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} sync_since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SYNC_PROCESSES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct sync_counters);
} syncs SEC(".maps");

/* A fresh entry; too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sync_counters);
} sync_zero SEC(".maps");

static __always_inline struct sync_counters *counters_of(__u32 pid)
{
	struct sync_counters *counters = bpf_map_lookup_elem(&syncs, &pid);
	__u32 zero = 0;

	if (counters)
		return counters;
	counters = bpf_map_lookup_elem(&sync_zero, &zero);
	if (!counters)
		return NULL;
	bpf_map_update_elem(&syncs, &pid, counters, BPF_NOEXIST);
	counters = bpf_map_lookup_elem(&syncs, &pid);
	if (!counters)
		count_loss(LOSS_SYNCS);
	return counters;
}

static __always_inline int begin(void)
{
	__u64 *since = bpf_task_storage_get(&sync_since, bpf_get_current_task_btf(), 0,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (since)
		*since = bpf_ktime_get_ns();
	else
		count_loss(LOSS_THREAD_STORAGE);
	return 0;
}

/* A filesystem on top of another calls it again: then the inner call is the one that counts. */
static __always_inline int end(void)
{
	__u64 *since = bpf_task_storage_get(&sync_since, bpf_get_current_task_btf(), 0, 0);
	struct sync_counters *counters;
	__u64 latency;
	__u32 bucket;

	if (!since || !*since)
		return 0;
	latency = bpf_ktime_get_ns() - *since;
	*since = 0;
	counters = counters_of(bpf_get_current_pid_tgid() >> 32);
	bucket = histogram_bucket(latency);
	if (!counters || bucket >= HISTOGRAM_BUCKETS)
		return 0;
	__sync_fetch_and_add(&counters->latency.count, 1);
	__sync_fetch_and_add(&counters->latency.sum_ns, latency);
	__sync_fetch_and_add(&counters->latency.buckets[bucket], 1);
	return 0;
}

SEC("fentry/vfs_fsync_range")
int BPF_PROG(sync_begin)
{
	return begin();
}

SEC("fexit/vfs_fsync_range")
int BPF_PROG(sync_end)
{
	return end();
}

SEC("tp_btf/ext4_sync_file_enter")
int BPF_PROG(sync_ext4_begin)
{
	return begin();
}

SEC("tp_btf/ext4_sync_file_exit")
int BPF_PROG(sync_ext4_end)
{
	return end();
}
