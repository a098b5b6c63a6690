/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a connection. It belongs to the socket and dies with it, so that a
 * reused descriptor, address or port never inherits a pending call.
 *
 * Included by call.bpf.c, which keeps it in the socket's own storage, and by
 * call_syscalls.bpf.c, which has only the socket's address and keeps it in a hash.
 */
#ifndef CULPRIT_CONNECTION_BPF_H
#define CULPRIT_CONNECTION_BPF_H

#include <bpf/bpf_endian.h>

#include "call.h"
#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"
#include "uapi.bpf.h"

enum connection_state {
	CONNECTION_UNDECIDED = 0, /* what it speaks is not known yet */
	CONNECTION_WATCHED = 1,   /* its bytes are captured */
	CONNECTION_ANSWERING = 2, /* the server's end of one that is watched at the client's */
	CONNECTION_IGNORED = 3,
};

struct connection {
	__u64 id;
	__u64 process_start_time_ns;
	__u64 opened_ns;
	__u64 connecting_since_ns;
	__u64 connect_ns;
	__u64 arrived_ns; /* of the first bytes that came since the last read */
	__u64 pair;       /* see find_pair_state(); 0: none */
	__u64 pair_name;  /* key in `pair_names`; 0: none */
	__u32 pid;
	__u32 peer_pid;
	__u32 error;
	__u8 state;
	__u8 protocol;
	__u8 role;
	__u8 flags; /* enum connection_flag */
	__u8 looks; /* at its bytes, in vain */
	__u8 pair_looks;
	__u8 announced;
	__u8 answered; /* its server notes when it sends: arrivals need not be */
	__u32 user_pid; /* who is known as the socket's user, see traffic.bpf.h */
};

/* 4 MiB hold 0.4 s of 30,000 calls a second; user space drains every 100 ms. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} exchanges SEC(".maps");

#define EXCHANGES_WAKEUP_BYTES (1 << 20)

/* Set by user space once the connections that existed have been listed: what is first seen
 * after that is new. */
__u32 listing_done = 0;
/* Set by user space when it looks for the TLS libraries of those who use them, and when it has
 * found one. */
__u32 plaintext_watched = 0;
__u32 plaintext_found = 0;
static __u64 last_connection_id = 0;
static __u64 last_waking_ns = 0;

static __always_inline __u64 exchange_submit_flags(void)
{
	return bpf_ringbuf_query(&exchanges, BPF_RB_AVAIL_DATA) > EXCHANGES_WAKEUP_BYTES ?
		BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

#define FILL_LOOKS 16 /* a power of two */

/* How to submit what comes once a call: one in so many, whichever it is, looks how full the ring
 * buffer is. */
static __always_inline __u64 frequent_submit_flags(__u64 now)
{
	if ((now >> 10) & (FILL_LOOKS - 1))
		return BPF_RB_NO_WAKEUP;
	return exchange_submit_flags();
}

#define WAKING_NS 20000000

/* For what begins with TLS: its process may live for milliseconds only, and user space is to
 * look at it. Not all of them, for they are likely to use the same library. */
static __always_inline __u64 waking_submit_flags(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (!plaintext_watched || now - last_waking_ns < WAKING_NS)
		return exchange_submit_flags();
	last_waking_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline bool is_stream_family(const struct sock *socket)
{
	__u16 family = BPF_CORE_READ(socket, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6 || family == AF_UNIX) &&
	       BPF_CORE_READ(socket, sk_type) == SOCK_STREAM;
}

static __always_inline void set_owner(struct connection *connection, struct task_struct *task)
{
	connection->pid = BPF_CORE_READ(task, tgid);
	connection->process_start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline void begin_connection(struct connection *connection, __u64 opened_ns)
{
	connection->id = __sync_fetch_and_add(&last_connection_id, 1) + 1;
	connection->opened_ns = opened_ns;
	if (opened_ns)
		connection->flags |= CONNECTION_FROM_START;
	else
		connection->flags |= CONNECTION_EXISTED;
}

/* 16 bytes of either family, IPv4 as ::ffff:a.b.c.d. */
static __always_inline void internet_addresses(const struct sock *socket, __u8 *local, __u8 *remote)
{
	if (BPF_CORE_READ(socket, __sk_common.skc_family) == AF_INET6) {
		/* The macro reads as much as the pointer points to. */
		BPF_CORE_READ_INTO((struct in6_addr *)local, socket, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)remote, socket, __sk_common.skc_v6_daddr);
		return;
	}
	__builtin_memset(local, 0, 16);
	__builtin_memset(remote, 0, 16);
	local[10] = local[11] = remote[10] = remote[11] = 0xff;
	*(__u32 *)(local + 12) = BPF_CORE_READ(socket, __sk_common.skc_rcv_saddr);
	*(__u32 *)(remote + 12) = BPF_CORE_READ(socket, __sk_common.skc_daddr);
}

static __always_inline const struct sock *unix_peer(const struct sock *socket)
{
	return BPF_CORE_READ((const struct unix_sock *)socket, peer);
}

/* The name of a Unix socket is that of whichever end has one. */
static __always_inline void unix_path(const struct sock *socket, struct connection_record *record)
{
	struct unix_address *address = BPF_CORE_READ((const struct unix_sock *)socket, addr);
	const struct sock *peer;
	__s32 size;

	if (!address) {
		peer = unix_peer(socket);
		if (!peer)
			return;
		address = BPF_CORE_READ((const struct unix_sock *)peer, addr);
		if (!address)
			return;
		record->path_from_peer = 1;
	}
	size = BPF_CORE_READ(address, len) - (__s32)sizeof(__u16);
	if (size <= 0)
		return;
	if (size > UNIX_PATH_SIZE)
		size = UNIX_PATH_SIZE;
	record->path_size = size;
	bpf_probe_read_kernel(record->path, sizeof(record->path),
			      (void *)((__u64)address +
				       bpf_core_field_offset(struct unix_address, name) +
				       sizeof(__u16)));
}

/* Ships the connection as it is now. */
static __noinline __attribute__((unused)) int announce(const struct sock *socket, struct connection *connection)
{
	struct connection_record *record;

	if (!socket || !connection)
		return 0;
	record = bpf_ringbuf_reserve(&exchanges, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_EXCHANGES_FULL);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	fill_header(&record->header, RECORD_CONNECTION,
		    connection->flags |
			    (connection->state == CONNECTION_ANSWERING ? CONNECTION_PAIRED : 0),
		    sizeof(*record));
	record->id = connection->id;
	record->process_start_time_ns = connection->process_start_time_ns;
	record->opened_ns = connection->opened_ns;
	record->connect_ns = connection->connect_ns;
	record->pid = connection->pid;
	record->peer_pid = connection->peer_pid;
	record->error = connection->error;
	record->family = BPF_CORE_READ(socket, __sk_common.skc_family);
	record->protocol = connection->protocol;
	record->role = connection->role;
	if (record->family == AF_UNIX) {
		unix_path(socket, record);
	} else {
		internet_addresses(socket, record->local_address, record->remote_address);
		record->local_port = BPF_CORE_READ(socket, __sk_common.skc_num);
		record->remote_port = bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
	}
	bpf_ringbuf_submit(record, connection->protocol == PROTOCOL_TLS && !connection->announced ?
					   waking_submit_flags() : exchange_submit_flags());
	connection->announced = 1;
	return 0;
}

#endif
