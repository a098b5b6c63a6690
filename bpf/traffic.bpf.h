/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes over TCP and UDP, by thread; and who uses a TCP socket, for what happens to it when
 * the current thread means nothing.
 */
#ifndef CULPRIT_TRAFFIC_BPF_H
#define CULPRIT_TRAFFIC_BPF_H

#include "shared_maps.bpf.h"
#include "uapi.bpf.h"

struct socket_owner {
	__u32 pid;
	__u8 accepted; /* came in while we watched, and nobody has used it yet */
	__u8 padding[3];
};

/* It dies with its socket: a reused descriptor or address never inherits anything. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_owner);
} socket_owners SEC(".maps");

static __always_inline struct socket_owner *owner_of(struct sock *socket)
{
	struct socket_owner *owner = bpf_sk_storage_get(&socket_owners, socket, 0,
							BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!owner)
		count_loss(LOSS_SOCKET_STORAGE);
	return owner;
}

static __always_inline int is_internet(const struct sock *socket)
{
	__u16 family = socket->__sk_common.skc_family;

	return family == AF_INET || family == AF_INET6;
}

/* The current thread uses the socket: it owns it, and if it came in by accept, it has
 * now been accepted by this process. */
static __always_inline void take_ownership(struct sock *socket, struct thread_state *state)
{
	struct socket_owner *owner = owner_of(socket);

	if (!owner)
		return;
	if (owner->accepted) {
		owner->accepted = 0;
		state->accepts++;
	}
	owner->pid = bpf_get_current_pid_tgid() >> 32;
}

/* `known_user`: where whoever calls keeps the pid for which ownership was last taken, which
 * saves a look-up; absent: nowhere. */
static __always_inline void count_bytes(struct sock *socket, struct task_struct *task, int result,
					bool sent, __u32 *known_user)
{
	struct thread_state *state = thread_state_of(task);
	__u32 pid = task->tgid;

	if (!state)
		return;
	if (sent)
		state->transmit_bytes += result;
	else
		state->receive_bytes += result;
	if (socket->sk_protocol != IPPROTO_TCP || (known_user && *known_user == pid))
		return;
	take_ownership(socket, state);
	if (known_user)
		*known_user = pid;
}

#endif
