/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of CPython processes, their threads and their asyncio tasks. The probes of
 * the interpreter and those of calls both read and fill these maps.
 */
#ifndef CULPRIT_PYTHON_STATE_BPF_H
#define CULPRIT_PYTHON_STATE_BPF_H

#include "kernel_compat.bpf.h"
#include "python.h"
#include "shared_maps.bpf.h"

/* By pid. Filled by user space, and for the child of a fork by python_fork. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct python_process);
} python_processes SEC(".maps");

/* A bit for each pid modulo their number: 0: it is not in python_processes. It saves the look-up
 * to all who are not, at switches and sends. User space clears those of the ended, and of the
 * children that run something else. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PYTHON_PID_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} python_pids SEC(".maps");

/* Flags (enum code_flag) of code objects; 0: asked for. Preallocated, for a walk cannot wait;
 * no LRU, whose updates cost as much as half a walk. User space forgets those of the ended. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct python_code_key);
	__type(value, __u32);
} python_codes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct python_task_key);
	__type(value, struct python_task_counters);
} python_tasks SEC(".maps");

struct asyncio_task_key {
	__u64 task; /* address of the object */
	__u64 pid;
};

struct asyncio_task {
	__u64 coroutine;   /* code object of what it runs: another one is another task; 0: it
			    * was just created */
	__u64 root;        /* code object: its creator's outermost coroutine, see application */
	__u64 application; /* code object, inherited or found; 0: none yet */
	__u32 work;        /* see Call::work in userspace/protocol/call.h */
	__u32 padding;
};

/* LRU: tasks end without a word. One that is pushed out is known again by its next step, with
 * another number for its work. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct asyncio_task_key);
	__type(value, struct asyncio_task);
} asyncio_tasks SEC(".maps");

/* Shared by all objects, unlike their global variables. */
struct python_numbers {
	__u32 last_task;
	__u32 last_work;
	__u64 last_waking_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct python_numbers);
} python_numbers SEC(".maps");

/* By enum python_table: 1 when it is full, for an insertion would cost more than a walk. User
 * space clears it when it has made room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PYTHON_TABLES);
	__type(key, __u32);
	__type(value, __u32);
} python_full SEC(".maps");

/* Who may walk a thread's frames: a sample may interrupt a switch, and that a call. */
enum walk_slot { WALK_SAMPLE = 0, WALK_SWITCH = 1, WALK_CALL = 2, WALK_SLOTS = 3 };

#define WINDOW_BYTES 608 /* three of them, and a thread's storage still fits a page */
#define LONE_FRAME WINDOW_BYTES
#define LONE_FRAME_BYTES 136 /* so that no offset within a frame leads beyond */

/* A walk and what came of it. It is in a map and not on the stack: of what is there the
 * verifier knows nothing, so that all rounds of a loop look the same to it. */
struct python_walk {
	__u64 thread_pointer;
	__u64 frame; /* the next one */
	__u64 code;  /* of the last one */
	__u64 application, anchor, anchored;
	__u64 root, root_application, root_anchor; /* outermost coroutine */
	__u64 task, task_code, task_application, task_anchor;
	__u64 loop; /* that the task is of; 0: not known */
	__u64 now_ns;    /* run queue's clock; 0: what was found before does not hold */
	__u64 walked_ns; /* the same when all of this was found; 0: it may not be kept */
	__u64 innermost, innermost_code; /* the frame at which it began */
	__u32 pid;
	__u32 frames;
	__u32 work;
	__u8 anchor_flags;
	__u8 task_seen; /* the current task's coroutine is among the frames */
	__u8 failed;
	__u8 padding;
	struct python_task_key key; /* the result */
	__u64 window;      /* address of what is in `bytes`, of several frames */
	__u64 stack_frame; /* the latest that was on the interpreter's own stack */
	__u64 bytes[(WINDOW_BYTES + LONE_FRAME_BYTES) / 8]; /* of the process: what was read last */
};

#define CODE_CACHE 128 /* a power of two */

struct python_thread {
	__u64 state;      /* its PyThreadState; 0: not known */
	__u64 outermost;  /* code of the outermost frame when the frames were last complete */
	__u64 loop;       /* whose task was last among the frames; 0: none was, or not known */
	__u64 answer_walk_ns; /* when the frames were last looked at for an answer */
	__u64 left_ns;    /* run queue's clock when it left the CPU; 0: it did not, yet */
	__u64 left_run_delay_ns; /* sched_info.run_delay then */
	__u64 cpu_ns;     /* se.sum_exec_runtime when it got the CPU */
	__u64 arrived_ns; /* when that was, CLOCK_MONOTONIC; 0: not known */
	__u64 step_task;   /* of the step that it is in; exact mode */
	__u64 step_code;   /* of its coroutine; 0: in none */
	__u64 step_cpu_ns; /* the thread's CPU time when that began */
	__u64 step_begun_ns; /* CLOCK_MONOTONIC */
	struct python_task_key growing; /* who was at work when growth was last charged */
	__u32 rss_events;               /* since then */
	__u32 missing;                  /* how often it was no thread of the interpreter */
	__u8 tasks_seen;       /* current tasks are found among its frames */
	__u8 growing_known;
	__u8 padding[6];
	__u64 codes[CODE_CACHE]; /* what is known of some: address << 8 | flags. A look into the table of
				  * all is a miss or two in cache and TLB, and a walk takes twenty */
	struct python_walk walks[WALK_SLOTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct python_thread);
} python_threads SEC(".maps");

static const __u32 python_zero = 0;

static __always_inline struct python_numbers *numbers_of_python(void)
{
	return bpf_map_lookup_elem(&python_numbers, &python_zero);
}

static __always_inline bool is_full(enum python_table table)
{
	__u32 key = table;
	__u32 *full = bpf_map_lookup_elem(&python_full, &key);

	return !full || *full;
}

static __always_inline void set_full(enum python_table table)
{
	__u32 key = table, full = 1;

	bpf_map_update_elem(&python_full, &key, &full, BPF_ANY);
}

static __always_inline __u64 *python_pid_word(__u32 pid)
{
	__u32 word = pid / 64 % PYTHON_PID_WORDS;

	return bpf_map_lookup_elem(&python_pids, &word);
}

static __always_inline bool may_be_python(__u32 pid)
{
	__u64 *word = python_pid_word(pid);

	return word && *word >> (pid % 64) & 1;
}

/* NULL when the process of `task` is not known as one of CPython. */
static __always_inline struct python_process *python_process_of(struct task_struct *task)
{
	__u32 pid = task->tgid;
	struct python_process *process;

	if (!may_be_python(pid))
		return NULL;
	process = bpf_map_lookup_elem(&python_processes, &pid);
	if (!process || process->process_start_time_ns != task->group_leader->start_boottime)
		return NULL;
	return process;
}

static __always_inline struct python_thread *python_thread_of(struct task_struct *task)
{
	struct python_thread *thread = bpf_task_storage_get(&python_threads, task, 0,
							    BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread)
		count_loss(LOSS_THREAD_STORAGE);
	return thread;
}

#endif
