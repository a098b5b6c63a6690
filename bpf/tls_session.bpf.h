/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the probes of TLS libraries and those of sockets meet: in the thread, without a look
 * into the library's own structures. A thread that sends or receives while it is inside a
 * call of the library does it for that call's session. Libraries that are given a buffer in
 * place of a socket do neither: their users receive, then have it decrypted; have it
 * encrypted, then send. There the neighbour in time is taken, when it is the only one.
 */
#ifndef CULPRIT_TLS_SESSION_BPF_H
#define CULPRIT_TLS_SESSION_BPF_H

#include "ship.bpf.h"

#define NOT_WATCHED (~0ULL)
#define HELD_MAX 1024
#define REQUEST_BUDGET 65536

/* The socket's side of what a thread did last. */
struct tls_transport {
	__u64 connection; /* 0: none, NOT_WATCHED: one of no interest */
	__u64 pair;
	__u64 moved_ns;
	__u64 arrived_ns; /* of what was received */
	__u8 role;        /* of the connection */
	__u8 padding[7];
};

struct tls_thread {
	__u64 ssl;      /* of the call that the thread is in; 0: in none */
	__u64 buffer;   /* what is to be written, or read to */
	__u64 count_at; /* where the call leaves how much that was; 0: it returns that */
	struct tls_transport inside;   /* the call */
	struct tls_transport received; /* outside of any call */
	__u64 received_by; /* the session that first read after that; 0: none yet */
	__u64 held_by;     /* the session of what is held; 0: nothing is */
	__u64 held_ns;
	__u64 held_sender;    /* as in struct segment */
	__u32 held_length; /* the first HELD_MAX bytes are in `held` */
	__u8 writes;
	__u8 padding[3];
	__u8 held[HELD_MAX]; /* written, and not sent yet over any connection */
};

/* Of threads that use such a library or have sent or received over TLS. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tls_thread);
} tls_threads SEC(".maps");

struct session_key {
	__u64 ssl;
	__u64 pid;
};

/* What goes over one connection, as the library is given and gives it. */
struct session {
	__u64 connection; /* NOT_WATCHED: of no interest */
	__u64 pair;
	__u64 turn_ns;        /* the first request of this turn */
	__u64 doubt;          /* another connection that was next to it in time */
	__u32 sent, received; /* position in either direction */
	__u32 request_bytes;  /* of this turn */
	__u32 budget;         /* bytes that may yet be captured in this turn */
	__u8 role;
	__u8 in_reply; /* the turn's replies have begun */
	__u8 guessed;  /* its connection: from what was next to it in time */
	__u8 padding[5];
};

/* LRU: who ends without freeing its sessions leaves them. One that is pushed out is known
 * again by its next call. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct session_key);
	__type(value, struct session);
} tls_sessions SEC(".maps");

static __always_inline struct session *find_session(__u64 ssl)
{
	struct session_key key = { ssl, bpf_get_current_pid_tgid() >> 32 };

	return bpf_map_lookup_elem(&tls_sessions, &key);
}

static __noinline struct session *make_session(__u64 ssl, const struct tls_transport *transport,
					       bool guessed)
{
	struct session_key key = { ssl, bpf_get_current_pid_tgid() >> 32 };
	struct session fresh = {
		.connection = transport->connection,
		.pair = transport->pair,
		.role = transport->role,
		.guessed = guessed,
	};

	bpf_map_update_elem(&tls_sessions, &key, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&tls_sessions, &key);
}

/* What was next to a session in time twice on end is its connection, and not the one that
 * was taken for it. */
static __always_inline bool is_other(struct session *session, const struct tls_transport *transport)
{
	if (!session->guessed || session->connection == transport->connection) {
		session->doubt = 0;
		return false;
	}
	if (session->doubt == transport->connection)
		return true;
	session->doubt = transport->connection;
	return false;
}

#endif
