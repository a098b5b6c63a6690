/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The server's end of a connection whose client is on this host: finds that, and notes what
 * the server's thread does. The bytes are captured at the client's end.
 */
#ifndef CULPRIT_SERVER_END_BPF_H
#define CULPRIT_SERVER_END_BPF_H

#include "blocked.bpf.h"
#include "pair.bpf.h"
#include "sender.bpf.h"

#define UNKNOWN_NS (~0ULL)

static __u64 last_pair_id = 0;

static __always_inline void read_thread(struct task_struct *task, __u64 *run_queue_ns,
					__u64 *blocked_ns, __u64 *disk_ns)
{
	struct thread_state *state = bpf_task_storage_get(&threads, task, 0, 0);

	*run_queue_ns = task->sched_info.run_delay;
	*blocked_ns = *disk_ns = 0;
	if (!state)
		return;
	count_unseen(state, task);
	*disk_ns = state->blocked_ns[BLOCKED_DISK];
	*blocked_ns = *disk_ns + state->blocked_ns[BLOCKED_LOCK] +
		      state->blocked_ns[BLOCKED_NETWORK] + state->blocked_ns[BLOCKED_SLEEP] +
		      state->blocked_ns[BLOCKED_OTHER];
}

static __always_inline void note_request_read(struct pair *pair, struct task_struct *task,
					      __u64 now)
{
	if (pair->present.read_ns && !pair->present.first_sent_ns)
		return; /* more of the same request */
	pair->last = pair->present;
	__builtin_memset(&pair->present, 0, sizeof(pair->present));
	pair->present.pid = task->tgid;
	pair->present.tid = task->pid;
	pair->present.read_ns = now;
	read_thread(task, &pair->run_queue_before_ns, &pair->blocked_before_ns,
		    &pair->disk_before_ns);
	if (pair->replier == pair->present.tid)
		pair->present.queued_ns = pair->run_queue_before_ns - pair->run_queue_replied_ns;
}

static __always_inline void note_reply_sent(struct pair *pair, struct task_struct *task,
					    __u64 sender, __u64 now)
{
	struct server_half *half = &pair->present;
	__u64 run_queue_ns, blocked_ns, disk_ns;

	if (!half->read_ns)
		return;
	half->task = sender;
	half->work = sender >> 32;
	if ((__u32)task->pid == half->tid) {
		read_thread(task, &run_queue_ns, &blocked_ns, &disk_ns);
		pair->run_queue_replied_ns = run_queue_ns;
		pair->replier = half->tid;
		half->run_queue_ns = run_queue_ns - pair->run_queue_before_ns;
		half->blocked_ns = blocked_ns - pair->blocked_before_ns;
		half->disk_ns = disk_ns - pair->disk_before_ns;
	} else {
		half->run_queue_ns = half->blocked_ns = half->disk_ns = UNKNOWN_NS;
	}
	half->last_sent_ns = now;
	if (!half->first_sent_ns)
		STORE_LAST(half->first_sent_ns, now); /* the client's end may take it */
}

/* The server's end: its bytes are captured at the client's. */
static __noinline int answer(struct sock *socket, struct connection *connection,
			     struct task_struct *task, bool sent)
{
	__u64 now = bpf_ktime_get_ns();
	struct pair *pair;

	if (!connection)
		return 0;
	pair = find_pair_state(connection->pair);
	if (!pair) {
		count_loss(LOSS_PAIRS);
		pair = take_pair(connection->pair);
		if (!pair)
			return 0;
	}
	if (sent)
		note_reply_sent(pair, task,
				tasks_are_known(task) ? find_sender(holder_of(socket), now) : 0,
				now);
	else
		note_request_read(pair, task, now);
	return 0;
}

static __always_inline struct connection *peer_connection(struct sock *socket)
{
	struct sock *peer = peer_of(socket);

	return peer ? find_connection(peer) : NULL;
}

/* Is the other end of this server's connection watched? Then this one only answers. */
static __always_inline bool find_pair(struct sock *socket, struct connection *connection)
{
	struct connection *client;
	__u64 name, *id;

	connection->pair_looks++;
	if (BPF_CORE_READ(socket, __sk_common.skc_family) == AF_UNIX) {
		client = peer_connection(socket);
		if (!client || client->state != CONNECTION_WATCHED ||
		    client->role != ROLE_CLIENT || !client->pair)
			return false;
		connection->pair = client->pair;
		client->peer_pid = connection->pid;
	} else {
		name = internet_pair(socket, false);
		id = bpf_map_lookup_elem(&pair_names, &name);
		if (!id)
			return false;
		connection->pair = *id;
	}
	connection->state = CONNECTION_ANSWERING;
	return true;
}

/* Before the connection is watched: from then on the server, on another CPU, may find it. */
static __always_inline void open_pair(struct sock *socket, struct connection *connection)
{
	__u64 id = __sync_fetch_and_add(&last_pair_id, 1) + 1;

	if (!take_pair(id))
		count_loss(LOSS_PAIRS);
	if (BPF_CORE_READ(socket, __sk_common.skc_family) != AF_UNIX) {
		connection->pair_name = internet_pair(socket, true);
		if (bpf_map_update_elem(&pair_names, &connection->pair_name, &id, BPF_ANY))
			count_loss(LOSS_PAIRS);
	}
	STORE_LAST(connection->pair, id);
}

#endif
