/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes coming into being: fork and exec. Their end is a final thread_record. */
#ifndef CULPRIT_BPF_LIFECYCLE_H
#define CULPRIT_BPF_LIFECYCLE_H

#include "thread.h"

struct fork_record {
	struct record_header header;
	__u32 pid;
	__u32 parent_pid;
	__u64 start_time_ns;
	__u64 cgroup_id;
	__u32 uid;
	__u32 padding;
	char name[COMM_SIZE];
};

#define EXEC_TEXT_SIZE 1024

/* `text` holds the arguments, each ended by NUL, `text_size` bytes in all; the
 * record is shipped only as long as its text. */
struct exec_record {
	struct record_header header;
	__u32 pid;
	__u32 parent_pid;
	__u64 start_time_ns;
	__u64 cgroup_id;
	__u32 uid;
	__u16 text_size;
	__u8 truncated;
	__u8 padding;
	char name[COMM_SIZE];
	char text[EXEC_TEXT_SIZE];
};

static_assert(sizeof(struct fork_record) == 64, "fork_record is part of the wire");
static_assert(__builtin_offsetof(struct exec_record, text) == 64, "exec_record is part of the wire");

#endif
