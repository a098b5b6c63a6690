/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two ends of a connection within the host share, and how they find each other. */
#ifndef CULPRIT_PAIR_BPF_H
#define CULPRIT_PAIR_BPF_H

#include "connection.bpf.h"

/* Both ends of a connection within the host. The server's end writes what its thread does;
 * the client's end, which ships the bytes, reads it. Two of them, because the server may
 * begin with the next request before the client's end has shipped the last exchange. */
struct pair {
	__u64 id; /* connection.pair of both ends */
	struct server_half present, last;
	__u64 run_queue_before_ns, blocked_before_ns, disk_before_ns; /* of `present`, at read */
	__u64 run_queue_replied_ns; /* of the thread that sent the last reply, then */
	__u64 replier;
};

#define PAIRS_MAX 16384 /* a power of two */

/* By the last bits of its id. Several look-ups a call: those in an array cost no call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PAIRS_MAX);
	__type(key, __u32);
	__type(value, struct pair);
} pairs SEC(".maps");

/* By what the two ends of a TCP connection have in common, see internet_pair(). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PAIRS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} pair_names SEC(".maps");

static __always_inline struct pair *pair_slot(__u64 id)
{
	__u32 slot = id & (PAIRS_MAX - 1);

	return bpf_map_lookup_elem(&pairs, &slot);
}

/* Absent when another connection, of so many, has taken its place. */
static __always_inline struct pair *find_pair_state(__u64 id)
{
	struct pair *pair = id ? pair_slot(id) : NULL;

	return pair && pair->id == id ? pair : NULL;
}

/* A place for what the server does; whoever has it loses it. */
static __always_inline struct pair *take_pair(__u64 id)
{
	struct pair *pair = pair_slot(id);

	if (!pair)
		return NULL;
	__builtin_memset(pair, 0, sizeof(*pair));
	pair->id = id;
	return pair;
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

/* The same number at both ends: from the addresses and ports, and for loopback, which every
 * network namespace has for itself, from the namespace. Never 0. */
static __always_inline __u64 internet_pair(const struct sock *socket, bool client)
{
	__u64 addresses[4], hash = 0;
	__u32 local_port = BPF_CORE_READ(socket, __sk_common.skc_num);
	__u32 remote_port = bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
	__u32 first = client ? 0 : 2;

	internet_addresses(socket, (__u8 *)addresses, (__u8 *)(addresses + 2));
	hash = mix(hash, first ? addresses[2] : addresses[0]);
	hash = mix(hash, first ? addresses[3] : addresses[1]);
	hash = mix(hash, first ? addresses[0] : addresses[2]);
	hash = mix(hash, first ? addresses[1] : addresses[3]);
	hash = mix(hash, first ? ((__u64)remote_port << 16) | local_port :
				 ((__u64)local_port << 16) | remote_port);
	if (addresses[1] == addresses[3]) /* to itself, loopback above all */
		hash = mix(hash, BPF_CORE_READ(socket, __sk_common.skc_net.net, ns.inum));
	return hash ? hash : 1;
}

#endif
