/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Questions to name servers and their answers, from the sends and receives of their sockets.
 * A connected socket (as libc, Go and systemd-resolved have) tells its port itself. One that
 * is not connected (musl) is known by the address that it sends to; it is looked at a few times
 * only, since what sends much over such a socket is no resolver.
 */
#ifndef CULPRIT_LOOKUP_BPF_H
#define CULPRIT_LOOKUP_BPF_H

#include <bpf/bpf_endian.h>

#include "lookup.h"
#include "payload.bpf.h"
#include "uapi.bpf.h"

#define LOOKS_AT_ADDRESSES 8
#define QUESTION_MAX 512

struct lookup_socket {
	__u8 server[16];
	__u8 asked; /* it sent to port 53 */
	__u8 looks; /* at where it sends to, in vain */
	__u8 padding[6];
};

/* For UDP sockets that are not connected. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lookup_socket);
} lookup_sockets SEC(".maps");

/* Buffers of the current call, and the address that it names. */
struct lookup_place {
	__u64 base, second; /* `second` follows the two bytes of a length */
	__u64 name;
};

static __always_inline int place_in_message(struct lookup_place *place, __u64 message)
{
	struct user_msghdr header;
	struct iovec pieces[2];

	if (bpf_probe_read_user(&header, sizeof(header), (void *)message) ||
	    bpf_probe_read_user(&pieces[0], sizeof(pieces[0]), header.msg_iov))
		return -1;
	place->base = (__u64)pieces[0].iov_base;
	place->name = (__u64)header.msg_name;
	if (pieces[0].iov_len == 2 && header.msg_iovlen > 1 &&
	    !bpf_probe_read_user(pieces, sizeof(pieces), header.msg_iov))
		place->second = (__u64)pieces[1].iov_base;
	return 0;
}

static __always_inline int place_in_vector(struct lookup_place *place, __u64 vector, __u32 count)
{
	struct iovec pieces[2];

	if (bpf_probe_read_user(&pieces[0], sizeof(pieces[0]), (void *)vector))
		return -1;
	place->base = (__u64)pieces[0].iov_base;
	if (pieces[0].iov_len == 2 && count > 1 &&
	    !bpf_probe_read_user(pieces, sizeof(pieces), (void *)vector))
		place->second = (__u64)pieces[1].iov_base;
	return 0;
}

static __always_inline int find_place(struct lookup_place *place)
{
	struct pt_regs *regs = call_registers(bpf_get_current_task_btf());
	__u64 message;

	__builtin_memset(place, 0, sizeof(*place));
	switch (current_syscall(regs)) {
	case BY_ARCH(0, 63): /* read */
	case BY_ARCH(1, 64): /* write */
		place->base = PT_REGS_PARM2(regs);
		return 0;
	case BY_ARCH(44, 206): /* sendto */
	case BY_ARCH(45, 207): /* recvfrom */
		place->base = PT_REGS_PARM2(regs);
		place->name = PT_REGS_PARM5(regs);
		return 0;
	case BY_ARCH(19, 65): /* readv */
	case BY_ARCH(20, 66): /* writev */
		return place_in_vector(place, PT_REGS_PARM2(regs), PT_REGS_PARM3(regs));
	case BY_ARCH(46, 211): /* sendmsg */
	case BY_ARCH(47, 212): /* recvmsg */
		return place_in_message(place, PT_REGS_PARM2(regs));
	case BY_ARCH(299, 243): /* recvmmsg */
	case BY_ARCH(307, 269): /* sendmmsg */
		message = next_message(PT_REGS_PARM2(regs), PT_REGS_PARM3(regs));
		return message ? place_in_message(place, message) : -1;
	default:
		return -1;
	}
}

/* The address in `name` when its port is that of name servers; else -1. */
static __always_inline int read_server(__u8 *server, __u64 name)
{
	struct sockaddr_in6 address = {};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;

	if (!name || bpf_probe_read_user(&address, sizeof(struct sockaddr_in), (void *)name) ||
	    address.sin6_port != bpf_htons(NAME_SERVER_PORT))
		return -1;
	__builtin_memset(server, 0, 16);
	if (address.sin6_family == AF_INET) {
		server[10] = server[11] = 0xff;
		__builtin_memcpy(server + 12, &v4->sin_addr, 4);
		return 0;
	}
	return bpf_probe_read_user(server, 16,
				   (void *)(name + __builtin_offsetof(struct sockaddr_in6,
								      sin6_addr)));
}

static __always_inline void remote_server(const struct sock *socket, __u8 *server)
{
	__builtin_memset(server, 0, 16);
	if (socket->__sk_common.skc_family != AF_INET) {
		bpf_probe_read_kernel(server, 16, &socket->__sk_common.skc_v6_daddr);
		return;
	}
	server[10] = server[11] = 0xff;
	__builtin_memcpy(server + 12, &socket->__sk_common.skc_daddr, 4);
}

/* `server`: NULL for that to which the socket is connected. */
static __always_inline int ship_lookup(struct sock *socket, const struct lookup_place *place,
				       const __u8 *server, __u32 length, bool sent)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool stream = socket->sk_protocol == IPPROTO_TCP;
	struct lookup_record *record;
	int error;

	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&record->header, RECORD_LOOKUP,
		    (sent ? LOOKUP_SENT : 0) | (stream ? LOOKUP_STREAM : 0), sizeof(*record));
	record->socket = (__u64)socket;
	record->process_start_time_ns = task->group_leader->start_boottime;
	record->pid = bpf_get_current_pid_tgid() >> 32;
	record->length = length;
	record->captured = at_most(length, LOOKUP_BYTES);
	record->padding = 0;
	if (server)
		__builtin_memcpy(record->server, server, 16);
	else
		remote_server(socket, record->server);
	__builtin_memset(record->bytes, 0, sizeof(record->bytes));
	if (place->second && length > 2)
		error = bpf_probe_read_user(record->bytes, 2, (void *)place->base) ||
			bpf_probe_read_user(record->bytes + 2, at_most(length - 2, LOOKUP_BYTES - 2),
					    (void *)place->second);
	else
		error = bpf_probe_read_user(record->bytes, at_most(length, LOOKUP_BYTES),
					    (void *)place->base);
	if (error) {
		count_loss(LOSS_USER_READ);
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return 0;
	}
	bpf_ringbuf_submit(record, submit_flags());
	return 0;
}

/* A UDP socket that is connected to nobody. */
static __noinline int on_unconnected(struct sock *socket, int length, bool sent)
{
	struct lookup_socket *state = bpf_sk_storage_get(
		&lookup_sockets, socket, 0, sent ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	struct lookup_place place;
	__u8 server[16];

	if (!state || (sent ? !state->asked && state->looks >= LOOKS_AT_ADDRESSES : !state->asked) ||
	    find_place(&place))
		return 0;
	if (!sent)
		return ship_lookup(socket, &place, state->server, length, false);
	if (read_server(server, place.name)) {
		state->looks++;
		return 0;
	}
	state->asked = 1;
	__builtin_memcpy(state->server, server, sizeof(server));
	return ship_lookup(socket, &place, server, length, true);
}

static __noinline int on_connected(struct sock *socket, int length, bool sent)
{
	struct lookup_place place;

	return find_place(&place) ? 0 : ship_lookup(socket, &place, NULL, length, sent);
}

/* `length` > 0 bytes were sent or received. */
static __always_inline int on_lookup(struct sock *socket, int length, bool sent)
{
	__u16 port = socket->__sk_common.skc_dport;

	if (port == bpf_htons(NAME_SERVER_PORT))
		return on_connected(socket, length, sent);
	if (port || socket->sk_protocol != IPPROTO_UDP || (sent && length > QUESTION_MAX))
		return 0;
	return on_unconnected(socket, length, sent);
}

#endif
