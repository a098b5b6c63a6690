/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes that go to user space at once, in a record of their own: those of a send or receive
 * that are too many for the connection's buffer, and those that a TLS library was given or
 * gave.
 */
#ifndef CULPRIT_SHIP_BPF_H
#define CULPRIT_SHIP_BPF_H

#include "pair.bpf.h"
#include "payload.bpf.h"

#define TAIL_MAX 64 /* of a segment that was cut */
#define SEGMENT_MAX 16384

/* One send or receive on a watched connection. It holds no pointers of the kernel: the
 * global functions below, which the verifier looks at once each, would lose them. */
struct operation {
	struct payload payload;
	__u64 connection;
	__u64 now;
	union {
		__u64 arrived_ns; /* of what is received */
		__u64 sender;     /* of what is sent: as in struct segment */
	};
	__u64 pair;  /* of what came out of a TLS library: see find_pair_state(); 0: none */
	__u64 since; /* what the server did before that is not of this exchange */
	__u64 base; /* the present piece */
	__u32 left_in_piece, piece;
	__u32 left; /* of the whole operation */
	__u32 position;
	__u32 tid, pid;
	__u16 flags;
	__u8 is_request;
	__u8 is_first;    /* of its direction in this turn */
	__u8 has_segment; /* something of it is in the buffer or shipped */
	__u8 padding[3];
};

static __always_inline void fill_segment(struct segment *segment, const struct operation *operation,
					 __u32 length, __u32 captured)
{
	segment->time_ns = operation->now;
	segment->arrived_ns = operation->arrived_ns;
	segment->position = operation->position;
	segment->length = length;
	segment->tid = operation->tid;
	segment->captured = captured;
	segment->flags = operation->flags;
}

static __always_inline __u32 padded(__u32 bytes)
{
	return (bytes + 7) & ~7u;
}

/* What the server's thread did for an exchange of which only the TLS library tells. */
static __always_inline void ship_half(struct server_half *half, const struct operation *operation)
{
	struct pair *pair = find_pair_state(operation->pair);

	if (pair && pair->present.first_sent_ns && pair->present.read_ns >= operation->since)
		*half = pair->present;
	else
		__builtin_memset(half, 0, sizeof(*half));
}

/* User space looks at who begins with TLS within a connection, see waking_submit_flags(). */
static __always_inline __u64 ship_flags(const __u8 *bytes, __u64 now)
{
	return bytes[0] == 0x16 && bytes[1] == 3 ? waking_submit_flags() :
						   frequent_submit_flags(now);
}

#define SHIP_UP_TO(size)                                                                       \
	__noinline int ship_##size(struct operation *operation, __u32 captured)                \
	{                                                                                      \
		struct shipped_##size {                                                        \
			struct exchange_record record;                                         \
			struct segment segment;                                                \
			__u8 bytes[size];                                                      \
		} *shipped;                                                                    \
                                                                                               \
		if (!operation || captured > size)                                             \
			return 0;                                                              \
		shipped = bpf_ringbuf_reserve(&exchanges, sizeof(*shipped), 0);                \
		if (!shipped) {                                                                \
			count_loss(LOSS_EXCHANGES_FULL);                                       \
			return 0;                                                              \
		}                                                                              \
		if (bpf_probe_read_user(shipped->bytes, captured, (void *)operation->base)) {  \
			count_loss(LOSS_USER_READ);                                            \
			bpf_ringbuf_discard(shipped, BPF_RB_NO_WAKEUP);                        \
			return 0;                                                              \
		}                                                                              \
		fill_header(&shipped->record.header, RECORD_EXCHANGE, 0, sizeof(*shipped));    \
		shipped->record.connection = operation->connection;                            \
		shipped->record.pid = operation->pid;                                          \
		shipped->record.bytes = sizeof(struct segment) + padded(captured);             \
		ship_half(&shipped->record.server, operation);                                 \
		fill_segment(&shipped->segment, operation, captured, captured);                \
		bpf_ringbuf_submit(shipped, ship_flags(shipped->bytes, operation->now));       \
		return 0;                                                                      \
	}

#endif
