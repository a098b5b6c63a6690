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

#endif
