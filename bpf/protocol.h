/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recognition of what a connection speaks, by content and never by port. Compiled by
 * both sides: the kernel decides on the first bytes of a connection, user space on those
 * that come out of TLS, and the unit tests and a fuzzer run the very code of the kernel.
 */
#ifndef CULPRIT_BPF_PROTOCOL_H
#define CULPRIT_BPF_PROTOCOL_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Kept in recordings; numbers are never reused. */
enum protocol {
	PROTOCOL_UNKNOWN = 0,
	PROTOCOL_POSTGRESQL = 1,
	PROTOCOL_MYSQL = 2,
	PROTOCOL_REDIS = 3,
	PROTOCOL_MEMCACHED = 4,
	PROTOCOL_HTTP1 = 5,
	PROTOCOL_TLS = 6,
};

/* How many of the first bytes of a write or read recognise() looks at. */
#define RECOGNITION_BYTES 32
/* And how many of the last. */
#define RECOGNITION_LAST 8

struct recognition {
	__u8 protocol;    /* enum protocol */
	__u8 from_client; /* these bytes are a request: who wrote them is the client */
};

#include "protocol_bytes.h"
#include "protocol_mysql.h"
#include "protocol_postgresql.h"
#include "protocol_text.h"

/*
 * Decides on one write or read. `bytes` has RECOGNITION_BYTES bytes, `captured` of them
 * real and the rest zero; `length` is that of the whole write or read, at least `captured`;
 * `last` has its last RECOGNITION_LAST bytes, with zeros in front when it is shorter.
 * PROTOCOL_UNKNOWN: undecided, the next write or read may tell. A Redis reply may look like
 * a request, so when it is known who connected, that wins over `from_client`.
 */
RECOGNISER struct recognition recognise(const __u8 *bytes, __u32 captured, __u32 length,
					const __u8 *last)
{
	struct recognition found = recognise_http(bytes);

	if (found.protocol)
		return found;
	RECOGNITION_FORGET;
	found = recognise_postgresql(bytes, captured, length, last);
	if (found.protocol)
		return found;
	RECOGNITION_FORGET;
	found = recognise_mysql(bytes, length);
	if (found.protocol)
		return found;
	RECOGNITION_FORGET;
	found = recognise_redis(bytes, length);
	if (found.protocol)
		return found;
	RECOGNITION_FORGET;
	found = recognise_memcached(bytes, length, last);
	if (found.protocol)
		return found;
	RECOGNITION_FORGET;
	return recognise_tls(bytes, captured);
}

#endif
