/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the probes of TLS libraries and those of sockets meet: in the thread that is inside
 * a call of the library and, from there, sends or receives. That tells which connection the
 * library's session goes over, without a look into the library's own structures.
 */
#ifndef CULPRIT_TLS_THREAD_BPF_H
#define CULPRIT_TLS_THREAD_BPF_H

#include "connection.bpf.h"

#define NOT_WATCHED (~0ULL)

struct tls_thread {
	__u64 ssl;        /* of the call that the thread is in; 0: in none */
	__u64 buffer;     /* what is to be written, or read to */
	__u64 count_at;   /* where the call leaves how much that was; 0: it returns that */
	__u64 connection; /* that it used meanwhile; 0: none, NOT_WATCHED: one of no interest */
	__u64 pair;
	__u64 moved_ns;   /* when it did, for the last time */
	__u64 arrived_ns; /* of what it received */
	__u8 writes;
	__u8 role;        /* of the connection */
	__u8 padding[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tls_thread);
} tls_threads SEC(".maps");

/* The current thread has sent or received on `connection`. */
static __always_inline void note_transport(const struct connection *connection, bool sent)
{
	struct tls_thread *thread =
		bpf_task_storage_get(&tls_threads, bpf_get_current_task_btf(), 0, 0);

	if (!thread || !thread->ssl)
		return;
	thread->connection = connection->state == CONNECTION_WATCHED ? connection->id :
								       NOT_WATCHED;
	thread->pair = connection->pair;
	thread->role = connection->role;
	thread->moved_ns = bpf_ktime_get_ns();
	if (!sent && !thread->arrived_ns)
		thread->arrived_ns = connection->arrived_ns;
}

#endif
