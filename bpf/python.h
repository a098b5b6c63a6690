/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tasks inside CPython processes: what the programs must know of a process to read its
 * interpreter, and what they count for each kind of work they find there.
 */
#ifndef CULPRIT_BPF_PYTHON_H
#define CULPRIT_BPF_PYTHON_H

#include "record.h"
#include "thread.h"

/* Where things are in one interpreter; offsets in bytes. User space finds and validates
 * them (userspace/runtime); 0 where a version does not have the thing. */
struct python_process {
	__u64 process_start_time_ns; /* CLOCK_BOOTTIME: a reused pid is another process */
	__u64 interpreter;           /* PyInterpreterState of the main interpreter */
	__u64 current_tasks;         /* the dict _asyncio._current_tasks, to 3.13 */
	__u16 interpreter_threads;   /* head of the list of thread states */
	__u16 thread_next;
	__u16 thread_id;             /* pthread_self() of the thread */
	__u16 thread_frame;          /* frame, cframe (3.11, 3.12), or current_frame (3.13+) */
	__u16 thread_running_task;   /* asyncio's current task, 3.14+ */
	__u16 cframe_current_frame;  /* 3.11, 3.12; see has_cframe */
	__u16 frame_code;
	__u16 frame_previous;
	__u16 frame_owner;           /* __u8; 3.11+ */
	__u16 owner_shim;            /* owners from this on are no Python frames; 255: none */
	__u16 code_flags;
	__u16 task_coroutine;
	__u16 coroutine_code;
	__u16 keys_entries;          /* dk_nentries */
	__u16 keys_indices;          /* dk_indices */
	__u8 keys_log2;              /* sizes of dict keys are kept as logarithms, 3.11+ */
	__u8 has_cframe;
	__u16 padding[4];
};

/* What user space says of a code object. */
enum code_flag {
	CODE_KNOWN = 1 << 0,       /* user space has looked at it */
	CODE_APPLICATION = 1 << 1, /* neither standard library nor an installed package */
	CODE_COROUTINE = 1 << 2,
	CODE_ANCHOR = 1 << 3,      /* the frame that it calls is a piece of work: Handle._run,
				    * Thread.run, _WorkItem.run, celery's trace_task, … */
	CODE_ENTRY = 1 << 4,       /* of an anchor: what it calls is a callback of an event loop */
};

static_assert(sizeof(struct python_process) == 64, "python_process is part of the wire");

#endif
