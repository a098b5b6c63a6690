/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tasks inside CPython processes: what the programs must know of a process to read its
 * interpreter, and what they count for each kind of work they find there.
 */
#ifndef CULPRIT_BPF_PYTHON_H
#define CULPRIT_BPF_PYTHON_H

#include "record.h"
#include "thread.h"

#define PYTHON_THREAD_STATE_BYTES 192 /* a thread's identity and frame are in there, always */
#define PYTHON_FRAME_BYTES 80	      /* the same for a frame's code, previous and owner */

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
	__u8 frame_entry;            /* __u8, set in frames that native code called; 3.11 */
	__u8 padding[7];
	__s64 resident_pages; /* kept by the kernel side: when its growth was last charged */
};

#define PYTHON_PID_WORDS 1024 /* of 64 bits */

enum python_table { PYTHON_TASK_TABLE = 0, PYTHON_CODE_TABLE = 1, PYTHON_TABLES = 2 };

/* What user space says of a code object. */
enum code_flag {
	CODE_KNOWN = 1 << 0,       /* user space has looked at it */
	CODE_APPLICATION = 1 << 1, /* neither standard library nor an installed package */
	CODE_COROUTINE = 1 << 2,
	CODE_ANCHOR = 1 << 3,      /* the frame that it calls is a piece of work: Handle._run,
				    * Thread.run, _WorkItem.run, celery's trace_task, … */
	CODE_ENTRY = 1 << 4,       /* of an anchor: what it calls is a callback of an event loop */
};

struct python_code_key {
	__u64 code; /* address of the code object */
	__u32 pid;
	__u32 padding;
};

/* RECORD_PYTHON_CODE: a code object that user space has not told the flags of. */
struct python_code_record {
	struct record_header header;
	__u64 process_start_time_ns;
	struct python_code_key key;
};

/* In the order of userspace/collect/task_reading.h. */
enum python_task_kind {
	PYTHON_COROUTINE = 0,
	PYTHON_CALLBACK = 1,
	PYTHON_THREAD = 2,
	PYTHON_JOB = 3, /* what an anchor calls; the anchor may be that of a thread */
	PYTHON_NATIVE = 4,
};

/* One kind of work of a process: the key of what is counted for it. */
struct python_task_key {
	__u64 root;        /* code object: outermost coroutine, callback, a thread's function */
	__u64 application; /* code object: first of the application within it; 0: none */
	__u32 pid;
	__u8 kind; /* enum python_task_kind */
	__u8 padding[3];
};

#define STRETCHES 32 /* a power of two: of a second, with pauses of 20 ms and more, all */

/* A stretch of time in which a task was found at work again and again. */
struct python_stretch {
	__u64 start_ns; /* CLOCK_MONOTONIC; 0: none */
	__u32 length_us;
	__u32 samples;
};

struct python_task_counters {
	__u32 id; /* 0: not given yet */
	__u32 head; /* of stretches: the latest is at head - 1, modulo STRETCHES */
	__u64 anchor; /* code object; 0: none */
	__u64 samples;   /* each by its weight, so that all stand for the same CPU time */
	__u64 contended; /* of the samples: others were queued on that CPU */
	__u64 squares;   /* of the samples' weights */
	__u64 run_queue_ns;
	__u64 blocked_ns[BLOCKED_REASONS];
	__s64 growth_bytes;
	__u64 cpu_ns; /* between the begin and the end of its steps; exact mode */
	__u64 steps;
	struct python_stretch stretches[STRETCHES];
};

static_assert(sizeof(struct python_process) == 72, "python_process is part of the wire");
static_assert(sizeof(struct python_code_record) == 40, "python_code_record is part of the wire");
static_assert(sizeof(struct python_task_key) == 24, "python_task_key is part of the wire");
static_assert(sizeof(struct python_task_counters) == 624, "part of the wire");

#endif
