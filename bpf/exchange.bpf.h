/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of a watched connection on their way to user space. A request and its reply
 * are gathered in the connection's own buffer and leave as one record, when the next
 * request begins or at the end of an interval; what is too large for the buffer leaves at
 * once. How much of a reply is copied grows with its request: a pipeline of a thousand
 * commands needs all of its replies, one SELECT needs the head of its result and the end.
 */
#ifndef CULPRIT_EXCHANGE_BPF_H
#define CULPRIT_EXCHANGE_BPF_H

#include "ship.bpf.h"

#define INLINE_MAX 824  /* captured bytes of a segment that goes into the buffer */
#define START_MAX 824   /* a segment begins at this offset at most */
#define REQUEST_END_MAX 1024
#define PIECES_MAX 96
#define LOCK_TRIES (128 << 10) /* some 1.3 ms: an interrupt or a hypervisor may hold up the holder */

/* With the header of its storage it fills a slab of 2 KiB. */
struct exchange {
	__u32 busy;      /* a thread is at it */
	__u32 used;      /* bytes of complete segments */
	__u32 tail_used; /* of a last segment, which the next one of its kind replaces */
	__u32 budget;    /* bytes that may yet be captured in this turn */
	__u32 sent, received; /* position in either direction */
	__u32 request_bytes;  /* of this turn */
	__u8 in_reply;        /* the turn's replies have begun */
	__u8 tail_sent;       /* direction of the tail */
	__u8 protocol;
	__u8 half_owed; /* what the server did for this reply has not left yet */
	__u64 now;               /* of the latest operation */
	__u64 pair;              /* see find_pair_state(); 0: none */
	__u64 last_reply_ns;     /* of this turn */
	__u64 previous_reply_ns; /* of the turn before */
	struct exchange_record record;
	__u8 bytes[START_MAX + sizeof(struct segment) + INLINE_MAX + sizeof(struct segment) +
		   TAIL_MAX];
};

struct entering {
	struct exchange *exchange;
	bool entered;
};

static long enter_step(__u32 index, struct entering *entering)
{
	struct exchange *exchange = entering->exchange;

	if (*(volatile __u32 *)&exchange->busy)
		return 0;
	entering->entered = !__sync_val_compare_and_swap(&exchange->busy, 0, 1);
	return entering->entered;
}

static __always_inline bool enter(struct exchange *exchange)
{
	struct entering entering = { exchange, false };

	if (!__sync_val_compare_and_swap(&exchange->busy, 0, 1))
		return true;
	bpf_loop(LOCK_TRIES, enter_step, &entering, 0);
	return entering.entered;
}

static __always_inline void leave(struct exchange *exchange)
{
	STORE_LAST(exchange->busy, 0);
}

/* What the server's thread did for this turn: that whose reading lies in it. */
static __always_inline void take_half(struct exchange *exchange)
{
	struct pair *pair = find_pair_state(exchange->pair);

	exchange->record.server.pid = 0;
	if (!pair || !exchange->last_reply_ns)
		return;
	if (pair->present.first_sent_ns && pair->present.read_ns < exchange->last_reply_ns)
		exchange->record.server = pair->present;
	else
		exchange->record.server = pair->last;
	if (exchange->record.server.read_ns < exchange->previous_reply_ns)
		exchange->record.server.pid = 0;
}

/* What is gathered goes to user space. */
__noinline int flush(struct exchange *exchange)
{
	__u64 size;

	if (!exchange)
		return 0;
	size = exchange->used + exchange->tail_used;
	exchange->used = exchange->tail_used = 0;
	if ((!size && !exchange->half_owed) || size > sizeof(exchange->bytes))
		return 0;
	take_half(exchange);
	exchange->half_owed = exchange->pair && exchange->in_reply && !exchange->record.server.pid;
	exchange->record.bytes = size;
	size += sizeof(exchange->record);
	exchange->record.header.kind = RECORD_EXCHANGE;
	exchange->record.header.size = size;
	exchange->record.header.time_ns = exchange->now;
	if (bpf_ringbuf_output(&exchanges, &exchange->record, size,
				frequent_submit_flags(exchange->now)))
		count_loss(LOSS_EXCHANGES_FULL);
	return 0;
}

/* A segment into the buffer, which is flushed before when it has no room. A `replaceable`
 * one gives way to the next such segment of its direction. */
__noinline int buffer_segment(struct exchange *exchange, struct operation *operation, __u32 length,
			      __u32 captured, int replaceable)
{
	struct segment *segment;
	__u8 sent;
	__u32 at;

	if (!exchange || !operation)
		return 0;
	sent = operation->flags & SEGMENT_SENT;
	if (!replaceable || exchange->tail_sent != sent) {
		exchange->used += exchange->tail_used;
		exchange->tail_used = 0;
	}
	if (exchange->used > START_MAX)
		flush(exchange);
	at = exchange->used;
	barrier_var(at);
	if (at > START_MAX || captured > INLINE_MAX)
		return 0;
	segment = (struct segment *)(exchange->bytes + at);
	if (captured && bpf_probe_read_user(segment + 1, captured, (void *)operation->base)) {
		count_loss(LOSS_USER_READ);
		captured = 0;
	}
	fill_segment(segment, operation, length, captured);
	exchange->record.pid = operation->pid;
	if (replaceable) {
		exchange->tail_used = sizeof(*segment) + padded(captured);
		exchange->tail_sent = sent;
	} else {
		exchange->used = at + sizeof(*segment) + padded(captured);
	}
	operation->has_segment = 1;
	return 0;
}

SHIP_UP_TO(1024)
SHIP_UP_TO(2048)
SHIP_UP_TO(4096)
SHIP_UP_TO(16384)

/* The next `captured` bytes of the present piece. */
__noinline int capture(struct exchange *exchange, struct operation *operation, __u32 captured)
{
	if (!exchange || !operation)
		return 0;
	if (captured <= INLINE_MAX) {
		buffer_segment(exchange, operation, captured, captured, 0);
	} else {
		flush(exchange); /* what was before it goes before it */
		if (captured <= 1024)
			ship_1024(operation, captured);
		else if (captured <= 2048)
			ship_2048(operation, captured);
		else if (captured <= 4096)
			ship_4096(operation, captured);
		else
			ship_16384(operation, captured);
		operation->has_segment = 1;
	}
	exchange->budget -= captured;
	operation->base += captured;
	operation->position += captured;
	operation->left -= captured;
	operation->left_in_piece -= captured;
	return 0;
}

__noinline int next_piece(struct operation *operation)
{
	struct iovec piece;
	__u64 at;

	if (!operation || !operation->payload.vector ||
	    operation->piece >= operation->payload.pieces)
		return 0;
	at = operation->payload.vector + (__u64)operation->piece * sizeof(piece);
	operation->piece++;
	if (bpf_probe_read_user(&piece, sizeof(piece), (void *)at)) {
		count_loss(LOSS_USER_READ);
		return 0;
	}
	operation->base = (__u64)piece.iov_base;
	operation->left_in_piece = piece.iov_len < operation->left ? piece.iov_len : operation->left;
	return 1;
}

struct copying {
	struct exchange *exchange;
	struct operation *operation;
};

/* One step of copying: at most SEGMENT_MAX bytes of one piece; 1 when done. */
static long copy_step(__u32 index, struct copying *copying)
{
	struct exchange *exchange = copying->exchange;
	struct operation *operation = copying->operation;
	__u32 take;

	if (!operation->left || !exchange->budget)
		return 1;
	if (!operation->left_in_piece)
		return !next_piece(operation);
	take = operation->left_in_piece;
	if (take > exchange->budget)
		take = exchange->budget;
	if (take > SEGMENT_MAX)
		take = SEGMENT_MAX;
	capture(exchange, operation, take);
	return 0;
}

/* The end of a request that was too long: in PostgreSQL the order to execute is behind the
 * statement and its parameters. */
static __always_inline void ship_request_end(struct exchange *exchange,
					     struct operation *operation)
{
	__u32 end = at_most(operation->left, REQUEST_END_MAX);

	operation->base += operation->left - end;
	operation->position += operation->left - end;
	flush(exchange);
	ship_1024(operation, end);
}

/* What is left of the operation was not copied: its last bytes, which tell how a reply
 * ends, or only that it was there. */
static __always_inline void note_rest(struct exchange *exchange, struct operation *operation)
{
	bool replaceable = operation->has_segment || !operation->is_first;
	__u32 left = operation->left, tail = 0;

	if (!left)
		return;
	if (operation->is_request && operation->left_in_piece == left &&
	    exchange->protocol == PROTOCOL_POSTGRESQL)
		return ship_request_end(exchange, operation);
	if (!operation->is_request && operation->left_in_piece == left &&
	    exchange->protocol != PROTOCOL_UNKNOWN && exchange->protocol != PROTOCOL_TLS)
		tail = left < TAIL_MAX ? left : TAIL_MAX;
	if (tail) {
		operation->base += left - tail;
		operation->position += left - tail;
		left = tail;
	}
	buffer_segment(exchange, operation, left, tail, replaceable);
}

static __always_inline __u32 reply_budget(__u8 protocol, __u32 request_bytes)
{
	if (request_bytes > 8192)
		request_bytes = 8192;
	switch (protocol) {
	case PROTOCOL_POSTGRESQL:
		return 512 + 8 * request_bytes;
	case PROTOCOL_MYSQL:
		return 1024 + 16 * request_bytes;
	case PROTOCOL_REDIS:
	case PROTOCOL_MEMCACHED:
		return 256 + 16 * request_bytes;
	case PROTOCOL_HTTP1:
		return 512 + request_bytes;
	default:
		return 0;
	}
}

static __always_inline __u32 request_budget(__u8 protocol)
{
	switch (protocol) {
	case PROTOCOL_POSTGRESQL:
	case PROTOCOL_MYSQL:
	case PROTOCOL_REDIS:
	case PROTOCOL_MEMCACHED:
		return 65536;
	case PROTOCOL_HTTP1:
		return 4096;
	case PROTOCOL_TLS: /* which kind of record: whether it still shakes hands */
		return 8;
	default:
		return 0;
	}
}

/* A request after a reply opens a new turn, and so does the first one of all. */
static __always_inline void take_turn(struct exchange *exchange, struct operation *operation,
				      __u32 length)
{
	if (operation->is_request) {
		if (exchange->in_reply || !exchange->request_bytes) {
			flush(exchange);
			exchange->in_reply = 0;
			exchange->previous_reply_ns = exchange->last_reply_ns;
			exchange->last_reply_ns = 0;
			exchange->request_bytes = 0;
			exchange->budget = request_budget(exchange->protocol);
			operation->is_first = 1;
		} else if (exchange->protocol == PROTOCOL_TLS) {
			exchange->budget = request_budget(PROTOCOL_TLS); /* of every write */
		}
		exchange->request_bytes += length;
		return;
	}
	if (!exchange->in_reply) {
		exchange->in_reply = 1;
		/* Its request may have left at an interval's end, so that nothing takes it along. */
		exchange->half_owed = exchange->pair != 0;
		exchange->budget = reply_budget(exchange->protocol, exchange->request_bytes);
		operation->is_first = 1;
	}
	exchange->last_reply_ns = operation->now;
}

/* Takes in one send or receive of `length` bytes. */
__noinline int take_operation(struct exchange *exchange, struct operation *operation, __u32 length)
{
	struct copying copying = { exchange, operation };
	bool sent;

	if (!exchange || !operation)
		return 0;
	sent = operation->flags & SEGMENT_SENT;
	if (!enter(exchange)) {
		/* What is missed is a gap, and not unknown. */
		__sync_fetch_and_add(sent ? &exchange->sent : &exchange->received, length);
		count_loss(LOSS_CONNECTION_BUSY);
		return 0;
	}
	exchange->now = operation->now;
	operation->position = sent ? exchange->sent : exchange->received;
	if (sent)
		exchange->sent += length;
	else
		exchange->received += length;
	take_turn(exchange, operation, length);
	operation->base = operation->payload.base;
	if (operation->base && length <= INLINE_MAX && length <= exchange->budget) {
		buffer_segment(exchange, operation, length, length, 0);
		exchange->budget -= length;
		leave(exchange);
		return 0;
	}
	operation->left = length;
	operation->left_in_piece = operation->base ? length : 0;
	if (exchange->budget && (operation->base || operation->payload.vector))
		bpf_loop(PIECES_MAX, copy_step, &copying, 0);
	note_rest(exchange, operation);
	leave(exchange);
	return 0;
}

#endif
