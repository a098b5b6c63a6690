/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP segments sent again, one record each. */
#ifndef CULPRIT_BPF_NETWORK_H
#define CULPRIT_BPF_NETWORK_H

#include "record.h"

struct retransmit_record {
	struct record_header header;
	__u32 pid; /* owner of the socket as far as seen, else 0 */
	__u16 family;
	__u16 remote_port; /* host order */
	__u8 remote_address[16]; /* IPv4 in the first four bytes */
};

static_assert(sizeof(struct retransmit_record) == 40, "retransmit_record is part of the wire");

#endif
