/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which task inside a process sends. */
#ifndef CULPRIT_SENDER_BPF_H
#define CULPRIT_SENDER_BPF_H

#include "python_task.bpf.h"

/* Bytes that uvloop sends when no frame of who wrote them is left: uvloop_write, at the
 * library's own write, leaves here who that was. By the address of struct socket. LRU: what a
 * closed socket never sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} python_writes SEC(".maps");

/* The current thread's task and work, as in struct segment; 0: not known. */
static __always_inline __u64 find_task_and_work(void)
{
	struct python_task_counters *counters;
	struct python_thread *thread = walk_current(WALK_CALL, &counters);

	if (!thread || !counters)
		return 0;
	note_stretch(counters, bpf_ktime_get_ns(), 0);
	return counters->id | (__u64)thread->walks[WALK_CALL].work << 32;
}

/* The address of the struct socket, as a number. */
static __always_inline __u64 holder_of(const struct sock *socket)
{
	return (__u64)BPF_CORE_READ(socket, sk_socket);
}

/* The same for who has something sent on a socket. */
__noinline __u64 find_sender(__u64 holder)
{
	__u64 *written = bpf_map_lookup_elem(&python_writes, &holder);
	__u64 sender;

	if (!written)
		return find_task_and_work();
	sender = *written;
	bpf_map_delete_elem(&python_writes, &holder);
	return sender;
}

#endif
