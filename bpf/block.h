/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Block devices: how long requests took, read as a table once per interval. */
#ifndef CULPRIT_BPF_BLOCK_H
#define CULPRIT_BPF_BLOCK_H

#include "histogram.h"

#define BLOCK_DEVICES_MAX 64

/* Key: device number as in /proc/diskstats, major << 20 | minor. */
struct block_device_counters {
	struct histogram latency; /* from creation of the request to its completion */
};

#endif
