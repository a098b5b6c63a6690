// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What goes over TLS, before it is encrypted and after: at the calls of OpenSSL (and of what
 * has its interface). Every hit of a uprobe is a trap, 1.5 to 16 microseconds, so user space
 * attaches these only to the files that processes with a TLS connection have mapped.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "sender.bpf.h"
#include "tls.h"
#include "tls_session.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define REPLY_BUDGET 4096
#define REPLY_BUDGET_MAX (REPLY_BUDGET + 16 * 8192)

SHIP_UP_TO(64)
SHIP_UP_TO(1024)
SHIP_UP_TO(4096)
SHIP_UP_TO(16384)

/* Its address may be that of another one soon. */
static __always_inline int end_session(const struct session_key *key)
{
	struct tls_thread *thread =
		bpf_task_storage_get(&tls_threads, bpf_get_current_task_btf(), 0, 0);

	bpf_map_delete_elem(&tls_sessions, key);
	if (thread && thread->held_by == key->ssl)
		thread->held_by = 0;
	if (thread && thread->received_by == key->ssl)
		thread->received.connection = 0;
	return 0;
}

SEC("uprobe/libssl:SSL_*")
int tls_enter(struct pt_regs *ctx)
{
	struct tls_thread *thread;
	__u64 call = bpf_get_attach_cookie(ctx);
	struct session_key key = { PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32 };

	if (call & TLS_ENDS)
		return end_session(&key);
	thread = bpf_task_storage_get(&tls_threads, bpf_get_current_task_btf(), 0,
				      BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!thread) {
		count_loss(LOSS_THREAD_STORAGE);
		return 0;
	}
	thread->ssl = key.ssl;
	thread->buffer = PT_REGS_PARM2(ctx);
	thread->count_at = call & TLS_COUNT_BY_POINTER ? PT_REGS_PARM4(ctx) : 0;
	thread->writes = call & TLS_WRITES ? 1 : 0;
	thread->inside.connection = thread->inside.arrived_ns = 0;
	return 0;
}

/* The session that the thread's call was for. */
static __always_inline struct session *session_of_call(struct tls_thread *thread)
{
	struct session *session = find_session(thread->ssl);

	if (thread->inside.connection) {
		if (session && session->connection == thread->inside.connection) {
			session->guessed = 0;
			return session;
		}
		return make_session(thread->ssl, &thread->inside, false);
	}
	if (thread->writes || !thread->received.connection ||
	    (thread->received_by && thread->received_by != thread->ssl))
		return session;
	/* What was received is what is read now. */
	if (!session || (!thread->received_by && is_other(session, &thread->received)))
		session = make_session(thread->ssl, &thread->received, true);
	thread->received_by = thread->ssl;
	thread->inside.arrived_ns = thread->received.arrived_ns;
	return session;
}

/* Until the thread sends, it is not known over what. */
static __always_inline void hold(struct tls_thread *thread, __u32 length, __u64 sender)
{
	__u32 captured = at_most(length, HELD_MAX);

	if (thread->held_by && thread->held_length)
		count_loss(LOSS_PLAINTEXT); /* what is held now will not be sent by itself */
	thread->held_by = thread->ssl;
	thread->held_length = length;
	thread->held_ns = bpf_ktime_get_ns();
	thread->held_sender = sender;
	if (bpf_probe_read_user(thread->held, captured, (void *)thread->buffer)) {
		count_loss(LOSS_USER_READ);
		thread->held_by = 0;
	}
}

/* A request after a reply opens a new turn, and so does the first one of all. */
static __always_inline void take_turn(struct session *session, bool is_request, __u32 length,
				      __u64 now)
{
	if (!is_request) {
		if (!session->in_reply) {
			session->in_reply = 1;
			session->budget = session->request_bytes < 8192 ?
				REPLY_BUDGET + 16 * session->request_bytes : REPLY_BUDGET_MAX;
		}
		return;
	}
	if (session->in_reply || !session->request_bytes) {
		session->in_reply = 0;
		session->request_bytes = 0;
		session->budget = REQUEST_BUDGET;
		session->turn_ns = now;
	}
	session->request_bytes += length;
}

/* The first bytes of what went over, and of what is longer the last ones. */
static __always_inline void ship(struct session *session, struct operation *operation,
				 __u32 length)
{
	__u32 captured = at_most(at_most(length, SEGMENT_MAX), session->budget), tail;

	session->budget -= captured;
	if (captured > 4096)
		ship_16384(operation, captured);
	else if (captured > 1024)
		ship_4096(operation, captured);
	else if (captured > 64)
		ship_1024(operation, captured);
	else if (captured)
		ship_64(operation, captured);
	if (captured == length)
		return;
	tail = at_most(length - captured, TAIL_MAX);
	operation->base += length - tail;
	operation->position += length - tail;
	ship_64(operation, tail);
}

static __noinline int take_plaintext(struct tls_thread *thread, __u32 length)
{
	struct session *session = session_of_call(thread);
	struct operation operation = {};
	__u64 sender = 0;
	bool is_request;

	if (!length)
		return 0;
	if (thread->writes && tasks_are_known(bpf_get_current_task_btf()))
		sender = find_task_and_work();
	if (!session && thread->writes) {
		hold(thread, length, sender);
		return 0;
	}
	if (!session) {
		count_loss(LOSS_PLAINTEXT);
		return 0;
	}
	if (session->guessed && thread->writes) { /* to see what it is sent over */
		thread->held_by = thread->ssl;
		thread->held_length = 0;
	}
	if (session->connection == NOT_WATCHED)
		return 0;
	operation.connection = session->connection;
	operation.base = thread->buffer;
	operation.tid = bpf_get_current_pid_tgid();
	operation.pid = bpf_get_current_pid_tgid() >> 32;
	operation.flags = SEGMENT_PLAINTEXT | (thread->writes ? SEGMENT_SENT : 0);
	/* Written it was when it was sent; read it is only now. */
	operation.now = thread->writes && thread->inside.connection ? thread->inside.moved_ns :
								    bpf_ktime_get_ns();
	if (thread->writes)
		operation.sender = sender;
	else
		operation.arrived_ns = thread->inside.arrived_ns;
	operation.position = thread->writes ? session->sent : session->received;
	if (thread->writes)
		session->sent += length;
	else
		session->received += length;
	is_request = thread->writes == (session->role == ROLE_CLIENT);
	take_turn(session, is_request, length, operation.now);
	if (!is_request && session->role == ROLE_CLIENT) {
		operation.pair = session->pair;
		operation.since = session->turn_ns;
	}
	ship(session, &operation, length);
	return 0;
}

SEC("uretprobe/libssl:SSL_*")
int tls_return(struct pt_regs *ctx)
{
	struct tls_thread *thread =
		bpf_task_storage_get(&tls_threads, bpf_get_current_task_btf(), 0, 0);
	__s32 result = PT_REGS_RC(ctx);
	__u64 count = 0;

	if (!thread || !thread->ssl)
		return 0;
	if (result > 0)
		count = result;
	if (count && thread->count_at &&
	    bpf_probe_read_user(&count, sizeof(count), (void *)thread->count_at)) {
		count_loss(LOSS_USER_READ);
		count = 0;
	}
	take_plaintext(thread, at_most(count, 0x7fffffff));
	thread->ssl = 0;
	return 0;
}
