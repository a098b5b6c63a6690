/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the bytes of the current system call lie in the process's own memory, from the
 * registers it entered the kernel with. The same for every way of attaching.
 */
#ifndef CULPRIT_PAYLOAD_BPF_H
#define CULPRIT_PAYLOAD_BPF_H

#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"
#include "syscalls.bpf.h"

/* One buffer, or a vector of them; neither when the call moves bytes that the process
 * does not have in its memory (sendfile, splice) or names them elsewhere (io_uring). */
struct payload {
	__u64 base;
	__u64 vector; /* struct iovec[] */
	__u32 pieces;
};

/* The smaller one, in a form in which the verifier sees the limit. */
static __always_inline __u32 at_most(__u64 value, __u32 limit)
{
	__u32 bounded = value < limit ? value : limit;

	barrier_var(bounded);
	return bounded > limit ? limit : bounded;
}

#define MESSAGE_VECTOR_STRIDE 64 /* sizeof(struct mmsghdr) on 64-bit */

static __always_inline int payload_of_message(struct payload *payload, __u64 message)
{
	struct user_msghdr header;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)message))
		return -1;
	payload->vector = (__u64)header.msg_iov;
	payload->pieces = header.msg_iovlen;
	return 0;
}

/* Somebody has used sendmmsg or recvmmsg: until then their ends need not be looked for. */
__u32 messages_seen = 0;

/* We come once a message; which one of the vector it is, is counted. 0: not known. */
static __always_inline __u64 next_message(__u64 vector, __u32 count)
{
	struct thread_state *state = thread_state_of(bpf_get_current_task_btf());
	__u32 index;

	if (!state)
		return 0;
	messages_seen = 1;
	if (state->message_vector != vector || state->message_index >= count)
		state->message_index = 0;
	index = state->message_index;
	state->message_vector = vector;
	state->message_index = index + 1;
	return vector + (__u64)index * MESSAGE_VECTOR_STRIDE;
}

static __always_inline int payload_of_messages(struct payload *payload, __u64 vector, __u32 count)
{
	__u64 message = next_message(vector, count);

	return message ? payload_of_message(payload, message) : -1;
}

/* Nothing more was sent or received: the next vector is read from its beginning. */
static __always_inline void end_messages(struct pt_regs *regs)
{
	long number = current_syscall(regs);
	struct thread_state *state;

	if (number != BY_ARCH(299, 243) && number != BY_ARCH(307, 269)) /* recvmmsg, sendmmsg */
		return;
	state = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0, 0);
	if (state)
		state->message_vector = 0;
}

/* With which the current thread, `task`, entered the kernel. */
static __always_inline struct pt_regs *call_registers(struct task_struct *task)
{
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

/* Not 0: unreadable. */
static __always_inline int find_payload(struct payload *payload, struct pt_regs *regs)
{
	long number = current_syscall(regs);

	payload->base = payload->vector = 0;
	payload->pieces = 0;
	switch (number) {
	case BY_ARCH(0, 63):   /* read */
	case BY_ARCH(1, 64):   /* write */
	case BY_ARCH(44, 206): /* sendto */
	case BY_ARCH(45, 207): /* recvfrom */
		payload->base = PT_REGS_PARM2(regs);
		return 0;
	case BY_ARCH(19, 65): /* readv */
	case BY_ARCH(20, 66): /* writev */
		payload->vector = PT_REGS_PARM2(regs);
		payload->pieces = PT_REGS_PARM3(regs);
		return 0;
	case BY_ARCH(46, 211): /* sendmsg */
	case BY_ARCH(47, 212): /* recvmsg */
		return payload_of_message(payload, PT_REGS_PARM2(regs));
	case BY_ARCH(299, 243): /* recvmmsg */
	case BY_ARCH(307, 269): /* sendmmsg */
		return payload_of_messages(payload, PT_REGS_PARM2(regs),
					   PT_REGS_PARM3(regs));
	default:
		return 0;
	}
}

#endif
