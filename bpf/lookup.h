/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What went between a process and a name server, port 53: one record a message, or a piece of
 * one over TCP. */
#ifndef CULPRIT_BPF_LOOKUP_H
#define CULPRIT_BPF_LOOKUP_H

#include "record.h"

/* A header and a name of 240 bytes; what is longer is cut. */
#define LOOKUP_BYTES 256
#define NAME_SERVER_PORT 53

/* Flags in the header. */
enum lookup_flag {
	LOOKUP_SENT = 1 << 0,   /* by the process; else it was received */
	LOOKUP_STREAM = 1 << 1, /* over TCP */
};

struct lookup_record {
	struct record_header header;
	__u64 socket; /* the same number for the same socket while it is open */
	__u64 process_start_time_ns;
	__u32 pid;
	__u32 length;   /* of what was sent or received */
	__u32 captured; /* of that, at most LOOKUP_BYTES */
	__u32 padding;
	__u8 server[16]; /* IPv6, or IPv4 within it; zeros: not known */
	__u8 bytes[LOOKUP_BYTES];
};

static_assert(sizeof(struct lookup_record) == 64 + LOOKUP_BYTES,
	      "lookup_record is part of the wire");

#endif
