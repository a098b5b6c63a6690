/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the sockets of a cgroup may do, and what was refused. */
#ifndef CULPRIT_BPF_NETWORK_LIMIT_H
#define CULPRIT_BPF_NETWORK_LIMIT_H

#include "record.h"

/* One limit: exactly one of the three is set, the others are 0. Written before the programs are
 * attached, and never again. */
struct network_limit {
	__u8 address[16]; /* with a port: TCP connections to it are refused; IPv4 as ::ffff:a.b.c.d */
	__u32 port; /* host order; 0: none is refused */
	__u32 connects_per_second; /* TCP connections; 0: any number */
	__u64 egress_bytes_per_second; /* 0: any number */
};

struct network_limit_counts {
	__u64 connects_passed;
	__u64 connects_refused;
	__u64 packets_dropped; /* of TCP these are sent again, later */
	__u64 bytes_passed;
};

static_assert(sizeof(struct network_limit) == 32, "network_limit is part of the wire");
static_assert(sizeof(struct network_limit_counts) == 32,
	      "network_limit_counts is part of the wire");

#endif
