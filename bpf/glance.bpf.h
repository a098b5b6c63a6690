/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* As much of a send or receive as it takes to recognise what a connection speaks. */
#ifndef CULPRIT_GLANCE_BPF_H
#define CULPRIT_GLANCE_BPF_H

#include "payload.bpf.h"
#include "protocol.h"

#define GLANCE_PIECES 16

/* The first bytes of what was sent or received, and the last as a big-endian number. Twice
 * as large as need be, for the verifier, which sees no sum that is limited. */
struct glance {
	__u8 first[2 * RECOGNITION_BYTES];
	__u64 last;
	__u32 captured;
	__u32 left; /* behind the pieces that were looked at */
};

static __always_inline int glance_at(struct glance *glance, __u64 base, __u64 length)
{
	__u32 at = at_most(glance->captured, RECOGNITION_BYTES);
	__u32 size = at_most(length, glance->left);
	__u32 head = at_most(size, RECOGNITION_BYTES - at), tail = at_most(size, RECOGNITION_LAST);
	__u64 end[2] = {};

	if (!size)
		return 0;
	head = at_most(head, RECOGNITION_BYTES);
	barrier_var(tail);
	tail &= 15; /* a limit that outlives its register's way over the stack before 6.8 */
	if (bpf_probe_read_user(glance->first + at, head, (void *)base) ||
	    bpf_probe_read_user(end, tail, (void *)(base + size - tail)))
		return -1;
	glance->captured = at + head;
	glance->left -= size;
	end[0] = bpf_be64_to_cpu(end[0]) >> (64 - 8 * tail);
	glance->last = tail < RECOGNITION_LAST ? glance->last << (8 * tail) | end[0] : end[0];
	return 0;
}

static __always_inline int glance_at_pieces(struct glance *glance, const struct payload *payload)
{
	struct iovec piece;
	__u32 i;

	for (i = 0; i < GLANCE_PIECES && i < payload->pieces && glance->left; i++) {
		if (bpf_probe_read_user(&piece, sizeof(piece),
					(void *)(payload->vector + i * sizeof(piece))))
			return -1;
		if (glance_at(glance, (__u64)piece.iov_base, piece.iov_len))
			return -1;
	}
	return 0;
}

/* What these bytes are: enum protocol, and 256 more when they are a request. */
__noinline int recognise_payload(struct payload *payload, __u32 length)
{
	struct glance glance = { .left = length };
	struct recognition found;
	int error = 0;

	if (!payload)
		return 0;
	if (payload->base)
		error = glance_at(&glance, payload->base, length);
	else if (payload->vector)
		error = glance_at_pieces(&glance, payload);
	if (error)
		count_loss(LOSS_USER_READ);
	if (error || !glance.captured)
		return 0;
	glance.last = glance.left ? 0 : bpf_cpu_to_be64(glance.last);
	found = recognise(glance.first, glance.captured, length, (__u8 *)&glance.last);
	return found.protocol | (found.from_client ? 256 : 0);
}

#endif
