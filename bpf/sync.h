/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long fsync and its kin took, by process; read and emptied once an interval. */
#ifndef CULPRIT_BPF_SYNC_H
#define CULPRIT_BPF_SYNC_H

#include "histogram.h"

#define SYNC_PROCESSES_MAX 512

struct sync_counters {
	struct histogram latency;
};

#endif
