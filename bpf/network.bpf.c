// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Network use per thread: bytes over TCP and UDP, connections opened, accepted and
 * closed, segments sent again, questions to name servers.
 *
 * Bytes come from sock_send_length / sock_recv_length (kernel >= 6.3), which fire for
 * any system call; else from fexit on the protocols' functions (the load plan chooses).
 * Where call.bpf.c is at these already, it counts them, too.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#include "network.h"
#include "kernel_compat.bpf.h"
#include "lookup.bpf.h"
#include "traffic.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int on_bytes(struct sock *socket, int result, bool sent)
{
	if (result <= 0 || !is_internet(socket))
		return 0;
	count_bytes(socket, bpf_get_current_task_btf(), result, sent, NULL);
	return on_lookup(socket, result, sent);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *socket, int result, int flags)
{
	return on_bytes(socket, result, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *socket, int result, int flags)
{
	return flags & MSG_PEEK ? 0 : on_bytes(socket, result, false);
}

#define SENT_BY(function)                                                 \
	SEC("fexit/" #function)                                           \
	int BPF_PROG(function##_exit, struct sock *socket)                \
	{                                                                 \
		__u64 result = 0;                                         \
		bpf_get_func_ret(ctx, &result);                           \
		return on_bytes(socket, (int)result, true);            \
	}
#define RECEIVED_BY(function)                                             \
	SEC("fexit/" #function)                                           \
	int BPF_PROG(function##_exit, struct sock *socket, void *message, \
		     size_t size, int flags)                              \
	{                                                                 \
		__u64 result = 0;                                         \
		if (flags & MSG_PEEK)                                     \
			return 0;                                         \
		bpf_get_func_ret(ctx, &result);                           \
		return on_bytes(socket, (int)result, false);           \
	}
SENT_BY(tcp_sendmsg)
SENT_BY(udp_sendmsg)
SENT_BY(udpv6_sendmsg)
RECEIVED_BY(tcp_recvmsg)
RECEIVED_BY(udp_recvmsg)
RECEIVED_BY(udpv6_recvmsg)

/* SYN_SENT and the first state of a close are entered by the owner itself; ESTABLISHED
 * in soft interrupt, where the current thread means nothing. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *socket, int old, int new)
{
	struct socket_owner *owner;
	struct thread_state *state;

	if (!is_internet(socket) || socket->sk_protocol != IPPROTO_TCP)
		return 0;
	if (old == TCP_SYN_RECV && new == TCP_ESTABLISHED) {
		owner = owner_of(socket);
		if (owner)
			owner->accepted = 1;
		return 0;
	}
	if (new == TCP_SYN_SENT) {
		state = thread_state_of(bpf_get_current_task_btf());
		if (!state)
			return 0;
		state->connects++;
		take_ownership(socket, state);
		return 0;
	}
	if ((old == TCP_ESTABLISHED && new == TCP_FIN_WAIT1) ||
	    (old == TCP_CLOSE_WAIT && new == TCP_LAST_ACK)) {
		state = thread_state_of(bpf_get_current_task_btf());
		if (!state)
			return 0;
		take_ownership(socket, state);
		state->closes++;
	}
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *socket)
{
	struct socket_owner *owner = bpf_sk_storage_get(&socket_owners, socket, 0, 0);
	struct retransmit_record *record =
		bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&record->header, RECORD_RETRANSMIT, 0, sizeof(*record));
	record->pid = owner ? owner->pid : 0;
	record->family = socket->__sk_common.skc_family;
	record->remote_port = bpf_ntohs(socket->__sk_common.skc_dport);
	__builtin_memset(record->remote_address, 0, sizeof(record->remote_address));
	if (record->family == AF_INET)
		__builtin_memcpy(record->remote_address, &socket->__sk_common.skc_daddr, 4);
	else
		bpf_probe_read_kernel(record->remote_address, 16,
				      &socket->__sk_common.skc_v6_daddr);
	bpf_ringbuf_submit(record, submit_flags());
	return 0;
}
