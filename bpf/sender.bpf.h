/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which task inside a process sends. */
#ifndef CULPRIT_SENDER_BPF_H
#define CULPRIT_SENDER_BPF_H

#include "python_task.bpf.h"

/* Set by user space while there are processes whose tasks it knows. */
__u32 tasks_known = 0;

/* Bytes that uvloop sends when no frame of who wrote them is left: uvloop_write, at the
 * library's own write, leaves here who that was. By the address of struct socket. LRU: what a
 * closed socket never sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} python_writes SEC(".maps");

/* Those of its process. */
static __always_inline bool tasks_are_known(const struct task_struct *task)
{
	return tasks_known && may_be_python(task->tgid);
}

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

/* The same for who answers a request: the work always, the task only where frames were not looked
 * at for it a moment ago. Of the rest user space knows that they are of the same tasks. */
static __always_inline __u64 find_task_or_work(__u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_process *process = python_process_of(task);
	struct python_thread *thread = process ? python_thread_of(task) : NULL;

	if (!thread)
		return 0;
	if (now - thread->answer_walk_ns < WALK_HOLDS_NS)
		return (__u64)work_of_current_task(task, process, thread) << 32;
	thread->answer_walk_ns = now;
	return find_task_and_work();
}

/* The address of the struct socket, as a number. */
static __always_inline __u64 holder_of(const struct sock *socket)
{
	return (__u64)BPF_CORE_READ(socket, sk_socket);
}

/* The same for who has something sent on a socket: an answer, when `answers_ns` tells the time. */
__noinline __u64 find_sender(__u64 holder, __u64 answers_ns)
{
	__u64 *written = bpf_map_lookup_elem(&python_writes, &holder);
	__u64 sender;

	if (!written)
		return answers_ns ? find_task_or_work(answers_ns) : find_task_and_work();
	sender = *written;
	bpf_map_delete_elem(&python_writes, &holder);
	return sender;
}

#endif
