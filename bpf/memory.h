/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory running out: a process chosen by the OOM killer. */
#ifndef CULPRIT_BPF_MEMORY_H
#define CULPRIT_BPF_MEMORY_H

#include "record.h"

struct oom_kill_record {
	struct record_header header;
	__u32 pid;
	__u32 trigger_pid;   /* whose allocation failed */
	__u64 cgroup_id;     /* whose limit was hit; 0: the host ran out */
	__u64 limit_bytes;   /* of that cgroup; 0: the host ran out */
	__u64 usage_bytes;
};

static_assert(sizeof(struct oom_kill_record) == 48, "oom_kill_record is part of the wire");

#endif
