/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a send or a receive to a watched connection: recognise what it speaks, find its
 * other end on this host, capture its bytes at one end only.
 *
 * Whoever includes this has defined where a socket's state is: find_connection(),
 * make_connection(), find_exchange(), make_exchange(); the other end of a Unix socket:
 * peer_of(); and note_traffic(), which counts bytes where nobody else does.
 */
#ifndef CULPRIT_CALL_CORE_BPF_H
#define CULPRIT_CALL_CORE_BPF_H

#include "exchange.bpf.h"
#include "glance.bpf.h"
#include "server_end.bpf.h"
#include "tls_transport.bpf.h"

#define LOOKS_MAX 12
#define PAIR_LOOKS_MAX 4
#define EPIPE 32
#define ECONNRESET 104

/* What it speaks, and so which end this is, has been recognised. */
static __noinline int begin_watching(struct sock *socket, struct connection *connection)
{
	struct exchange *exchange;

	if (connection->looks)
		connection->flags &= ~CONNECTION_FROM_START;
	set_owner(connection, bpf_get_current_task_btf());
	if (connection->role == ROLE_SERVER && find_pair(socket, connection)) {
		announce(socket, connection);
		return 0;
	}
	exchange = make_exchange(socket);
	if (!exchange) {
		count_loss(LOSS_CONNECTIONS);
		connection->state = CONNECTION_IGNORED;
		return 0;
	}
	if (connection->role == ROLE_CLIENT)
		open_pair(socket, connection);
	barrier();
	connection->state = CONNECTION_WATCHED;
	exchange->record.connection = connection->id;
	exchange->protocol = connection->protocol;
	exchange->pair = connection->pair;
	announce(socket, connection);
	return 0;
}

/* Looks at the bytes of a connection of which it is not known what it speaks. */
static __noinline int look(struct sock *socket, struct connection *connection,
			   struct payload *payload, __u32 length, bool sent)
{
	int found = recognise_payload(payload, length);

	if (found & 255) {
		connection->protocol = found;
		/* A Redis reply may look like a request: who connected is known better. */
		if (connection->role == ROLE_UNKNOWN)
			connection->role = sent == (found >= 256) ? ROLE_CLIENT : ROLE_SERVER;
		begin_watching(socket, connection);
	} else if (++connection->looks >= LOOKS_MAX) {
		/* Timing by turns of what this host depends on; of the rest, nothing. */
		if (connection->role == ROLE_CLIENT && !(connection->flags & CONNECTION_EXISTED))
			begin_watching(socket, connection);
		else
			connection->state = CONNECTION_IGNORED;
	}
	return 0;
}

struct moved {
	struct payload payload;
	__u64 sender; /* of what is sent: as in struct segment */
};

static __noinline int watch(struct sock *socket, struct connection *connection,
			    const struct moved *moved, __u32 length, bool sent)
{
	struct operation operation = { .payload = moved->payload,
				       .connection = connection->id,
				       .sender = moved->sender };
	struct exchange *exchange = find_exchange(socket);
	__u64 pid_tgid;

	if (!exchange) { /* given up for others; can be in a hash only */
		count_loss(LOSS_CONNECTIONS);
		connection->state = CONNECTION_IGNORED;
		return 0;
	}
	operation.is_request = sent == (connection->role == ROLE_CLIENT);
	if (connection->role == ROLE_SERVER && operation.is_request &&
	    (exchange->in_reply || !exchange->request_bytes) &&
	    connection->pair_looks < PAIR_LOOKS_MAX && find_pair(socket, connection)) {
		exchange->used = exchange->tail_used = 0;
		announce(socket, connection);
		return 0;
	}
	operation.now = bpf_ktime_get_ns();
	pid_tgid = bpf_get_current_pid_tgid();
	operation.pid = pid_tgid >> 32;
	operation.tid = pid_tgid;
	operation.flags = sent ? SEGMENT_SENT : 0;
	if (!sent) {
		operation.arrived_ns = connection->arrived_ns;
		connection->arrived_ns = 0;
	}
	take_operation(exchange, &operation, length);
	connection->answered = exchange->record.server.pid != 0;
	return 0;
}

/* What is in a connection's buffer goes to user space. */
static __always_inline void flush_connection(struct sock *socket, struct connection *connection)
{
	struct exchange *exchange = find_exchange(socket);

	if (!exchange || !enter(exchange))
		return; /* somebody is at it, so that it will be flushed */
	if (connection->role == ROLE_SERVER && connection->pair_looks < PAIR_LOOKS_MAX &&
	    find_pair(socket, connection)) {
		exchange->used = exchange->tail_used = 0;
		announce(socket, connection);
	}
	flush(exchange);
	leave(exchange);
}

/* Nothing was sent or received, which may be the end. TCP tells of that by its states; a Unix
 * socket does not, and its buffer goes with it: what tells is that the other end meets it. */
static __noinline int on_end(struct sock *socket)
{
	struct connection *connection;
	struct sock *peer;

	if (BPF_CORE_READ(socket, __sk_common.skc_family) != AF_UNIX)
		return 0;
	connection = find_connection(socket);
	if (connection && connection->state == CONNECTION_WATCHED)
		flush_connection(socket, connection);
	peer = peer_of(socket);
	connection = peer ? find_connection(peer) : NULL;
	if (connection && connection->state == CONNECTION_WATCHED)
		flush_connection(peer, connection);
	return 0;
}

static __always_inline __u64 sender_on(struct sock *socket, struct connection *connection)
{
	bool answers = connection->role == ROLE_SERVER;

	return find_sender(holder_of(socket), answers ? bpf_ktime_get_ns() : 0);
}

/* `result` of a send or receive on `socket` by the current thread. */
static __always_inline int on_data(struct sock *socket, long result, bool sent)
{
	struct connection *connection;
	struct task_struct *task;
	struct moved moved;

	if (result <= 0) {
		if (messages_seen)
			end_messages(call_registers(bpf_get_current_task_btf()));
		return !result || result == -ECONNRESET || result == -EPIPE ? on_end(socket) : 0;
	}
	task = bpf_get_current_task_btf();
	connection = find_connection(socket);
	if (!connection) {
		if (!is_stream_family(socket)) {
			note_traffic(socket, task, NULL, result, sent);
			return 0;
		}
		connection = make_connection(socket);
		if (!connection) {
			count_loss(LOSS_CONNECTIONS);
			return 0;
		}
		begin_connection(connection, listing_done ? bpf_ktime_get_ns() : 0);
	}
	note_traffic(socket, task, connection, result, sent);
	if (plaintext_found)
		note_transport(connection, sent, call_registers(task));
	if (connection->state == CONNECTION_IGNORED)
		return 0;
	if (connection->state == CONNECTION_ANSWERING)
		return answer(socket, connection, task, sent);
	if (find_payload(&moved.payload, call_registers(task)))
		count_loss(LOSS_USER_READ);
	if (connection->state == CONNECTION_UNDECIDED)
		look(socket, connection, &moved.payload, result, sent);
	if (connection->state == CONNECTION_WATCHED) {
		moved.sender = sent && tasks_are_known(task) ? sender_on(socket, connection) : 0;
		watch(socket, connection, &moved, result, sent);
	}
	return connection->state == CONNECTION_ANSWERING ? answer(socket, connection, task, sent) : 0;
}

/* A socket that `task` has open, found by the listing at the start. */
static __always_inline void list_connection(struct sock *socket, struct task_struct *task)
{
	struct connection *connection;

	if (!is_stream_family(socket) ||
	    BPF_CORE_READ(socket, __sk_common.skc_state) != TCP_ESTABLISHED)
		return;
	connection = make_connection(socket);
	if (!connection) {
		count_loss(LOSS_CONNECTIONS);
		return;
	}
	if (connection->id)
		return; /* inherited, or in use since we came */
	begin_connection(connection, 0);
	set_owner(connection, task);
	announce(socket, connection);
}

/* Data has come to a socket. The first of it since the last read counts. */
static __always_inline int on_arrival(struct sock *socket)
{
	struct connection *connection = find_connection(socket);

	if (connection && connection->state == CONNECTION_WATCHED && !connection->answered &&
	    !connection->arrived_ns)
		connection->arrived_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void end_connection(struct sock *socket, struct connection *connection)
{
	if (connection->flags & CONNECTION_ENDED)
		return;
	connection->flags |= CONNECTION_ENDED;
	connection->error = BPF_CORE_READ(socket, sk_err);
	if (connection->state == CONNECTION_WATCHED) {
		flush_connection(socket, connection);
		if (connection->pair_name)
			bpf_map_delete_elem(&pair_names, &connection->pair_name);
	}
	if (connection->announced || connection->flags & CONNECTION_FAILED)
		announce(socket, connection);
}

/* The states of a TCP connection. Only SYN_SENT is entered by the thread that connects. */
static __always_inline int on_state(struct sock *socket, int old, int new)
{
	struct connection *connection = find_connection(socket);

	if (new == TCP_SYN_SENT || (old == TCP_SYN_RECV && new == TCP_ESTABLISHED)) {
		if (!connection)
			connection = make_connection(socket);
		if (!connection) {
			count_loss(LOSS_CONNECTIONS);
			return 0;
		}
		begin_connection(connection, bpf_ktime_get_ns());
		connection->role = new == TCP_SYN_SENT ? ROLE_CLIENT : ROLE_SERVER;
		if (new == TCP_SYN_SENT) {
			connection->connecting_since_ns = connection->opened_ns;
			set_owner(connection, bpf_get_current_task_btf());
		}
		return 0;
	}
	if (!connection)
		return 0;
	if (old == TCP_SYN_SENT && new == TCP_ESTABLISHED) {
		connection->connect_ns = bpf_ktime_get_ns() - connection->connecting_since_ns;
		announce(socket, connection);
	} else if (old == TCP_SYN_SENT && new == TCP_CLOSE) {
		connection->flags |= CONNECTION_FAILED;
		end_connection(socket, connection);
	} else if (new == TCP_CLOSE) {
		end_connection(socket, connection);
	}
	return 0;
}

/* A descriptor of a process, as the file iterator meets it. */
static __always_inline int list_file(struct task_struct *task, struct file *file)
{
	struct socket *holder;

	if (!file || !task || task->pid != task->tgid)
		return 0;
	holder = bpf_sock_from_file(file);
	if (holder && holder->sk)
		list_connection(holder->sk, task);
	return 0;
}

#endif
