// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Limits of one cgroup's sockets: no new TCP connections to one address, so many new ones a
 * second, or so many bytes a second. A cgroup's own hooks are where the kernel asks whether a
 * connection may begin and a packet may leave, before anything of it is on the wire; firewall
 * rules would outlive us. The links are not pinned: the kernel lets everything pass again when
 * the process that holds them ends, however it ends.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "network_limit.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define REFUSED 0
#define PASSED 1
#define DROPPED_AND_CONGESTED 2 /* TCP sends less from then on, BPF_PROG_TYPE_CGROUP_SKB */
#define SOCKET_STREAM 1
#define CONNECTION_REFUSED 111
#define SECOND 1000000000ULL
/* Of segments that leave as one, which the bucket has to hold. */
#define LARGEST_PACKET 65536
/* A second, in pauses that TCP makes after a drop (200 ms, mostly): what it could have sent
 * meanwhile is kept for it. */
#define TCP_RETRIES 4
/* Acknowledgements and the like: without them a peer would send again what has come. */
#define SMALL_PACKET 128
#define LOWEST_CREDIT (-0x7fffffffffffffffLL)

/* One entry each. The settings: a map, so that any process can read what is in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct network_limit);
} network_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct network_limit_counts);
} network_counts SEC(".maps");

/* Credit in billionths of a connection or of a byte; the lock keeps CPUs from paying with the
 * same credit. */
struct credit_bucket {
	struct bpf_spin_lock lock;
	__u32 padding;
	__u64 filled_ns; /* until when its credit is counted; 0: never yet */
	__s64 credit;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct credit_bucket);
} network_buckets SEC(".maps");

static const __u32 only_entry;

struct price {
	__u64 amount; /* what is taken */
	__s64 least; /* the credit that has to be there for it, in billionths */
	__u64 per_second; /* at most 4e9: no product overflows */
	__u64 depth; /* the most that the bucket holds */
};

/* False when there is not enough credit. It may go below zero, by a packet that is larger. */
static __always_inline bool take(const struct price *price)
{
	struct credit_bucket *bucket = bpf_map_lookup_elem(&network_buckets, &only_entry);
	__s64 most = price->depth * SECOND, credit;
	__u64 now = bpf_ktime_get_ns(), passed;
	bool taken;

	if (!bucket)
		return true;
	bpf_spin_lock(&bucket->lock);
	passed = now > bucket->filled_ns ? now - bucket->filled_ns : 0;
	credit = bucket->credit + (passed < SECOND ? passed : SECOND) * price->per_second;
	if (bucket->filled_ns == 0 || credit > most)
		credit = most;
	bucket->filled_ns += passed;
	taken = credit >= price->least;
	bucket->credit = taken ? credit - (__s64)(price->amount * SECOND) : credit;
	bpf_spin_unlock(&bucket->lock);
	return taken;
}

static __always_inline bool is_denied(const struct network_limit *limit, const __u32 *address,
				      __u32 port)
{
	const __u32 *denied = (const __u32 *)limit->address;

	return limit->port == port && denied[0] == address[0] && denied[1] == address[1] &&
	       denied[2] == address[2] && denied[3] == address[3];
}

static __always_inline bool may_open(__u64 per_second)
{
	struct price price = {1, SECOND, per_second, per_second};

	return take(&price);
}

static __always_inline int may_connect(struct bpf_sock_addr *ctx, const __u32 *address)
{
	const struct network_limit *limit = bpf_map_lookup_elem(&network_limits, &only_entry);
	struct network_limit_counts *counts = bpf_map_lookup_elem(&network_counts, &only_entry);
	__u32 port = bpf_ntohs((__u16)ctx->user_port);
	bool passes = true;

	if (!limit || !counts || ctx->type != SOCKET_STREAM)
		return PASSED;
	if (limit->port != 0)
		passes = !is_denied(limit, address, port);
	else if (limit->connects_per_second != 0)
		passes = may_open(limit->connects_per_second);
	if (passes) {
		__sync_fetch_and_add(&counts->connects_passed, 1);
		return PASSED;
	}
	__sync_fetch_and_add(&counts->connects_refused, 1);
	/* What an address that nobody listens on answers: programs are made for it. */
	bpf_set_retval(-CONNECTION_REFUSED);
	return REFUSED;
}

SEC("cgroup/connect4")
int limit_connect4(struct bpf_sock_addr *ctx)
{
	__u32 address[4] = {0, 0, bpf_htonl(0xffff), ctx->user_ip4};

	return may_connect(ctx, address);
}

SEC("cgroup/connect6")
int limit_connect6(struct bpf_sock_addr *ctx)
{
	__u32 address[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
			    ctx->user_ip6[3]};

	return may_connect(ctx, address);
}

SEC("cgroup_skb/egress")
int limit_egress(struct __sk_buff *packet)
{
	const struct network_limit *limit = bpf_map_lookup_elem(&network_limits, &only_entry);
	struct network_limit_counts *counts = bpf_map_lookup_elem(&network_counts, &only_entry);
	struct price price = {packet->len, 1, 0, LARGEST_PACKET};

	if (!limit || !counts || limit->egress_bytes_per_second == 0)
		return PASSED;
	price.per_second = limit->egress_bytes_per_second;
	if (price.per_second / TCP_RETRIES > price.depth)
		price.depth = price.per_second / TCP_RETRIES;
	if (packet->len < SMALL_PACKET)
		price.least = LOWEST_CREDIT;
	if (take(&price)) {
		__sync_fetch_and_add(&counts->bytes_passed, packet->len);
		return PASSED;
	}
	__sync_fetch_and_add(&counts->packets_dropped, 1);
	return DROPPED_AND_CONGESTED;
}
