/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the probes of sockets tell those of TLS libraries, see tls_session.bpf.h. */
#ifndef CULPRIT_TLS_TRANSPORT_BPF_H
#define CULPRIT_TLS_TRANSPORT_BPF_H

#include "tls_session.bpf.h"

static __always_inline void fill_transport(struct tls_transport *transport,
					   const struct connection *connection, bool sent)
{
	transport->connection = connection->state == CONNECTION_WATCHED ? connection->id :
									  NOT_WATCHED;
	transport->pair = connection->pair;
	transport->role = connection->role;
	transport->moved_ns = bpf_ktime_get_ns();
	if (!sent && !transport->arrived_ns)
		transport->arrived_ns = connection->arrived_ns;
}

/* The bytes of this system call begin with a record of TLS. */
static __always_inline bool carries_tls(struct pt_regs *regs)
{
	struct payload payload;
	__u8 first[2] = {};

	if (find_payload(&payload, regs) || !payload.base ||
	    bpf_probe_read_user(first, sizeof(first), (void *)payload.base))
		return false;
	return first[0] >= 0x14 && first[0] <= 0x17 && first[1] == 3;
}

/* What was written before it was known over which connection it would go. */
static __noinline int ship_held(struct tls_thread *thread, const struct session *session)
{
	struct shipped_held {
		struct exchange_record record;
		struct segment segment;
		__u8 bytes[HELD_MAX];
	} *shipped = bpf_ringbuf_reserve(&exchanges, sizeof(*shipped), 0);
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 captured = at_most(thread->held_length, HELD_MAX);

	if (!shipped) {
		count_loss(LOSS_EXCHANGES_FULL);
		return 0;
	}
	__builtin_memset(&shipped->record, 0, sizeof(shipped->record));
	fill_header(&shipped->record.header, RECORD_EXCHANGE, 0, sizeof(*shipped));
	shipped->record.connection = session->connection;
	shipped->record.pid = pid_tgid >> 32;
	shipped->record.bytes = sizeof(struct segment) + padded(captured);
	__builtin_memset(&shipped->segment, 0, sizeof(shipped->segment));
	shipped->segment.time_ns = thread->held_ns;
	shipped->segment.arrived_ns = thread->held_sender; /* its other name, of what is sent */
	shipped->segment.position = session->sent;
	shipped->segment.length = captured; /* the rest is a gap before what comes next */
	shipped->segment.tid = pid_tgid;
	shipped->segment.captured = captured;
	shipped->segment.flags = SEGMENT_PLAINTEXT | SEGMENT_SENT;
	bpf_probe_read_kernel(shipped->bytes, captured, thread->held);
	bpf_ringbuf_submit(shipped, exchange_submit_flags());
	return 0;
}

/* The thread, which is inside no call, sends: what it has had encrypted last. */
static __noinline int send_held(struct tls_thread *thread, const struct connection *connection)
{
	struct tls_transport transport = {};
	struct session *session;

	fill_transport(&transport, connection, true);
	session = find_session(thread->held_by);
	if (!session || is_other(session, &transport))
		session = make_session(thread->held_by, &transport, true);
	thread->held_by = 0;
	if (!session || !thread->held_length)
		return 0;
	if (session->connection != NOT_WATCHED)
		ship_held(thread, session);
	session->sent += thread->held_length;
	if (session->role == ROLE_CLIENT) {
		session->request_bytes = thread->held_length;
		session->budget = REQUEST_BUDGET;
		session->turn_ns = thread->held_ns;
	}
	return 0;
}

/* The current thread has sent or received on `connection`. */
static __always_inline void note_transport(const struct connection *connection, bool sent,
					   struct pt_regs *regs)
{
	bool is_tls = connection->protocol == PROTOCOL_TLS;
	struct tls_thread *thread =
		bpf_task_storage_get(&tls_threads, bpf_get_current_task_btf(), 0,
				     is_tls ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);

	if (!thread || (sent && !thread->ssl && !thread->held_by))
		return;
	if (!is_tls && !carries_tls(regs))
		return; /* what else it does, such as logging */
	if (thread->ssl) {
		fill_transport(&thread->inside, connection, sent);
		return;
	}
	if (sent) {
		send_held(thread, connection);
		return;
	}
	thread->received.arrived_ns = 0;
	fill_transport(&thread->received, connection, false);
	thread->received_by = 0;
}

#endif
