/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who delayed whom: read as a table once per interval. */
#ifndef CULPRIT_BPF_SCHED_H
#define CULPRIT_BPF_SCHED_H

#include "histogram.h"

/* `suspect` ran on the CPU on which a thread of `victim` stood in the queue. */
struct delay_pair {
	__u32 victim;  /* pid */
	__u32 suspect; /* pid */
};

#define DELAY_PAIRS_MAX 8192

#endif
