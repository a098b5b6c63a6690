// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Block devices: latency of each request from its creation to its completion, which is
 * what /proc/diskstats sums up, as a histogram. The request itself carries the time of
 * its creation (kept whenever the queue's I/O statistics are on, as by default), so one
 * hook and no table of requests in flight are enough.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "block.h"
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define REQ_OP_MASK 0xff
#define REQ_OP_DRV_IN 34 /* this and the next are a driver's own commands */
#define REQ_OP_DRV_OUT 35

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BLOCK_DEVICES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct block_device_counters);
} block_devices SEC(".maps");

/* A fresh entry; too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct block_device_counters);
} block_device_zero SEC(".maps");

static __always_inline struct block_device_counters *device_counters(__u32 device)
{
	struct block_device_counters *counters = bpf_map_lookup_elem(&block_devices, &device);
	__u32 zero = 0;

	if (counters)
		return counters;
	counters = bpf_map_lookup_elem(&block_device_zero, &zero);
	if (!counters)
		return NULL;
	bpf_map_update_elem(&block_devices, &device, counters, BPF_NOEXIST);
	counters = bpf_map_lookup_elem(&block_devices, &device);
	if (!counters)
		count_loss(LOSS_DEVICES);
	return counters;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_rq_complete, struct request *request, int error, unsigned int bytes)
{
	struct block_device_counters *counters;
	__u32 operation = request->cmd_flags & REQ_OP_MASK, bucket;
	struct gendisk *disk;
	__u64 now, latency;

	if (operation == REQ_OP_DRV_IN || operation == REQ_OP_DRV_OUT)
		return 0;
	if (bytes < request->__data_len)
		return 0; /* the rest of it is still to come */
	disk = BPF_CORE_READ(request, q, disk);
	if (!disk || !request->start_time_ns)
		return 0;
	counters = device_counters(BPF_CORE_READ(disk, major) << 20 |
				   BPF_CORE_READ(disk, first_minor));
	now = bpf_ktime_get_ns();
	if (!counters || now < request->start_time_ns)
		return 0;
	latency = now - request->start_time_ns;
	bucket = histogram_bucket(latency);
	if (bucket >= HISTOGRAM_BUCKETS)
		return 0;
	__sync_fetch_and_add(&counters->latency.count, 1);
	__sync_fetch_and_add(&counters->latency.sum_ns, latency);
	__sync_fetch_and_add(&counters->latency.buckets[bucket], 1);
	return 0;
}
