/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections, and the bytes that went over those whose protocol is known. Both kinds of
 * record go through the ring buffer `exchanges`, in the order in which things happened.
 */
#ifndef CULPRIT_BPF_CALL_H
#define CULPRIT_BPF_CALL_H

#include "record.h"
#include "protocol.h"

#define UNIX_PATH_SIZE 108

enum socket_role {
	ROLE_UNKNOWN = 0,
	ROLE_CLIENT = 1,
	ROLE_SERVER = 2,
};

/* Flags in the header of RECORD_CONNECTION. */
enum connection_flag {
	CONNECTION_FROM_START = 1 << 0, /* seen from its first byte on */
	CONNECTION_EXISTED = 1 << 1,    /* found open when culprit came */
	CONNECTION_ENDED = 1 << 2,
	CONNECTION_FAILED = 1 << 3,     /* connecting failed: `error` */
	CONNECTION_PAIRED = 1 << 4,     /* its other end ships what goes over it */
};

/* A socket as it is now; shipped when anything of it changes. */
struct connection_record {
	struct record_header header;
	__u64 id;
	__u64 process_start_time_ns; /* CLOCK_BOOTTIME */
	__u64 opened_ns;             /* 0: before culprit came */
	__u64 connect_ns;            /* how long connecting took; 0 not known */
	__u32 pid;
	__u32 peer_pid;  /* 0: not known */
	__u32 error;     /* errno */
	__u16 family;    /* AF_* */
	__u8 protocol;   /* enum protocol */
	__u8 role;       /* enum socket_role */
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u8 path_from_peer; /* the path of a Unix socket is that of the other end */
	__u8 path_size;      /* 0: it has none; a path that begins with NUL is abstract */
	__u16 padding;
	__u8 local_address[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 remote_address[16];
	char path[UNIX_PATH_SIZE];
	__u32 padding2;
};

/* What a thread of the server did for an exchange whose server is on this host. */
struct server_half {
	__u32 pid; /* 0: not known */
	__u32 tid;
	__u64 read_ns; /* it read the first of the request */
	__u64 first_sent_ns;
	__u64 last_sent_ns;
	__u32 task; /* that sent it last, see struct segment */
	__u32 work;
	__u64 queued_ns;    /* waits for a CPU since its last reply, before it read this */
	__u64 run_queue_ns; /* between read and last sent, of that thread */
	__u64 blocked_ns;
	__u64 disk_ns; /* of blocked_ns */
};

enum segment_flag {
	SEGMENT_SENT = 1 << 0,     /* else received */
	SEGMENT_PLAINTEXT = 1 << 2,  /* what a TLS library was given or gave */
};

/* Consecutive bytes of one direction; `captured` bytes follow, padded to 8. */
struct segment {
	__u64 time_ns;
	union {
		/* Of received ones: when the first of it came to the socket; 0 not known. */
		__u64 arrived_ns;
		/* Of sent ones: python_task_counters.id of the task that sent them, and the
		 * running piece of work that it is; 0 not known. */
		struct {
			__u32 task;
			__u32 work;
		} sender;
	};
	__u32 position;   /* of its first byte among those of its direction, modulo 2^32 */
	__u32 length;     /* how many bytes went over; the last length - captured are not here */
	__u32 tid;
	__u16 captured;
	__u16 flags;
};

/* Segments in order, the last ones of a connection may still be in its buffer. */
struct exchange_record {
	struct record_header header;
	__u64 connection;
	__u32 pid;
	__u32 bytes; /* of the segments that follow */
	struct server_half server;
};

static_assert(sizeof(struct connection_record) == 216, "connection_record is part of the wire");
static_assert(sizeof(struct server_half) == 72, "server_half is part of the wire");
static_assert(sizeof(struct segment) == 32, "segment is part of the wire");
static_assert(sizeof(struct exchange_record) == 104, "exchange_record is part of the wire");

#endif
