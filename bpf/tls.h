/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the probe of TLS libraries about the function it is attached to. The
 * bytes come as segments of call.h with SEGMENT_PLAINTEXT.
 */
#ifndef CULPRIT_BPF_TLS_H
#define CULPRIT_BPF_TLS_H

/* Bits of the attachment's cookie. */
enum tls_call {
	TLS_WRITES = 1 << 0,           /* else it reads */
	TLS_COUNT_BY_POINTER = 1 << 1, /* the fourth argument takes the number of bytes */
	TLS_ENDS = 1 << 2,             /* the session is freed */
};

#endif
