/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Through the memory of a CPython process, from a thread to its frames: thread state, current
 * asyncio task, frames from the innermost to the outermost. All of it is the process's own and
 * may be torn or forged, so every loop ends by count and a failed read ends the walk.
 */
#ifndef CULPRIT_PYTHON_WALK_BPF_H
#define CULPRIT_PYTHON_WALK_BPF_H

#include "python_state.bpf.h"
#include "stack.h"

#define FRAMES_MAX 96
#define FRAME_BYTES 104 /* as much as holds code, previous and owner in every version */
#define THREADS_MAX 512
#define MISSING_MAX 64 /* a thread that the interpreter does not know is looked for so rarely */
#define LOOPS_MAX 6    /* event loops that may have a current task at once */
#define POINTER_TAGS 7ULL
#define DICT_ENTRY_BYTES 24
#define DICT_ENTRY_KEY 8
#define DICT_LOG2_INDEX_BYTES 9
#define DICT_SIZE 8
#define CODE_WAKING_NS 20000000
#define WALK_HOLDS_NS 1000000 /* what was found, for who is where he was */
/* CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR */
#define COROUTINE_BITS (0x80 | 0x100 | 0x200)

#define READ_USER(to, address) bpf_probe_read_user(&(to), sizeof(to), (void *)(address))

struct thread_search {
	struct python_process *process;
	struct python_thread *thread;
	__u64 thread_pointer;
	__u64 state;
};

static long search_step(__u32 index, struct thread_search *search)
{
	__u64 id = 0;

	if (!search->state || READ_USER(id, search->state + search->process->thread_id))
		return 1;
	if (id == search->thread_pointer) {
		search->thread->state = search->state;
		return 1;
	}
	return READ_USER(search->state, search->state + search->process->thread_next) ? 1 : 0;
}

/* The thread's PyThreadState; 0 when it has none. Neither the holder of the GIL nor the
 * library's own slot would do: both are empty just when a thread is off the CPU. */
__noinline __u64 find_thread_state(struct python_process *process, struct python_thread *thread,
				   __u64 pointer)
{
	struct thread_search search = { process, thread, pointer, 0 };
	__u64 id = 0;

	if (!process || !thread || !pointer)
		return 0;
	if (thread->state && !READ_USER(id, thread->state + process->thread_id) && id == pointer)
		return thread->state;
	thread->state = 0;
	/* At first each time, then ever more rarely. */
	thread->missing++;
	if (thread->missing & (thread->missing - 1) && thread->missing & (MISSING_MAX - 1))
		return 0;
	if (READ_USER(search.state, process->interpreter + process->interpreter_threads))
		return 0;
	bpf_loop(THREADS_MAX, search_step, &search, 0);
	if (thread->state)
		thread->missing = 0;
	return thread->state;
}

/* Where the entries of a dict begin; 0 when that cannot be read. */
static __always_inline __u64 dict_entries(struct python_process *process, __u64 keys)
{
	__u64 size = 0;
	__u8 log2 = 0;

	if (process->keys_log2) {
		if (READ_USER(log2, keys + DICT_LOG2_INDEX_BYTES))
			return 0;
		size = 1ULL << (log2 & 15);
	} else {
		if (READ_USER(size, keys + DICT_SIZE))
			return 0;
		size = size <= 0xff ? size : 2 * size; /* of indices of one byte, or two */
	}
	return keys + process->keys_indices + size;
}

struct dict_entry {
	__u64 key, value;
};

/* asyncio's current task: the field of the thread, or the latest value of the dict
 * {event loop: task}, which loses its entry when a step ends; that of `loop`, unless 0. Where it
 * was found, `loop` is that of the task. 0: none. */
__noinline __u64 current_task(struct python_process *process, __u64 state, __u64 *loop)
{
	__u64 keys = 0, entries, task = 0;
	struct dict_entry entry;
	__s64 count = 0;
	int i;

	if (!process || !state || !loop)
		return 0;
	if (process->thread_running_task) {
		READ_USER(task, state + process->thread_running_task);
		return task;
	}
	if (!process->current_tasks || READ_USER(keys, process->current_tasks + 32) || !keys ||
	    READ_USER(count, keys + process->keys_entries))
		return 0;
	entries = dict_entries(process, keys);
	if (!entries)
		return 0;
	for (i = 0; i < LOOPS_MAX && i < count; i++) {
		if (READ_USER(entry,
			      entries + (count - 1 - i) * DICT_ENTRY_BYTES + DICT_ENTRY_KEY))
			return 0;
		if (!entry.value || (*loop && entry.key != *loop))
			continue;
		*loop = entry.key;
		return entry.value;
	}
	return 0;
}

static __always_inline __u64 code_of_task(struct python_process *process, __u64 task)
{
	__u64 coroutine = 0, code = 0;

	if (!task || READ_USER(coroutine, task + process->task_coroutine) || !coroutine ||
	    READ_USER(code, coroutine + process->coroutine_code))
		return 0;
	return code & ~POINTER_TAGS;
}

static __always_inline __u64 code_submit_flags(struct python_numbers *numbers)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - numbers->last_waking_ns < CODE_WAKING_NS)
		return submit_flags();
	numbers->last_waking_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

/* Asks user space for the flags of a code object, once. */
static __always_inline int ask_for_code(struct python_process *process, __u64 code, __u32 pid)
{
	struct python_code_key key = { .code = code, .pid = pid };
	struct python_numbers *numbers = numbers_of_python();
	struct python_code_record *record;

	if (!numbers || is_full(PYTHON_CODE_TABLE))
		return 0;
	if (bpf_map_update_elem(&python_codes, &key, &python_zero, BPF_NOEXIST)) {
		if (bpf_map_lookup_elem(&python_codes, &key))
			return 0; /* another CPU was first */
		set_full(PYTHON_CODE_TABLE);
		count_loss(LOSS_TASK_CODES);
		return 0;
	}
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_RING_FULL);
		bpf_map_delete_elem(&python_codes, &key);
		return 0;
	}
	fill_header(&record->header, RECORD_PYTHON_CODE, 0, sizeof(*record));
	record->process_start_time_ns = process->process_start_time_ns;
	record->key = key;
	bpf_ringbuf_submit(record, code_submit_flags(numbers));
	return 0;
}

/* Until user space has told more, a function is taken for one of the application. */
static __always_inline __u32 flags_of_code(struct python_process *process, __u64 code, __u32 pid)
{
	struct python_code_key key = { .code = code, .pid = pid };
	__u32 *known = bpf_map_lookup_elem(&python_codes, &key);
	__u32 bits = 0;

	if (known && *known)
		return *known;
	if (!known)
		ask_for_code(process, code, pid);
	if (READ_USER(bits, code + process->code_flags))
		return 0;
	return CODE_APPLICATION | (bits & COROUTINE_BITS ? CODE_COROUTINE : 0);
}

/* The same for a thread that may have met it before. */
static __always_inline __u32 flags_on_thread(struct python_process *process,
					     struct python_thread *thread, __u64 code, __u32 pid)
{
	__u64 *cached = &thread->codes[(code >> 4 ^ code >> 11) & (CODE_CACHE - 1)], found = *cached;
	__u32 flags;

	if (found >> 8 == code)
		return found & 0xff;
	flags = flags_of_code(process, code, pid);
	if (flags & CODE_KNOWN)
		*cached = code << 8 | flags;
	return flags;
}

struct walking {
	struct python_process *process;
	struct python_thread *thread;
	struct python_walk *walk;
	struct stack_trace *trace; /* of code objects; NULL: nobody asks */
	bool to_task;              /* what is beyond the current task does not matter */
};

static __always_inline void keep_frame(struct stack_trace *trace, __u64 frame)
{
	__u32 length;

	if (!trace)
		return;
	length = trace->length;
	if (length >= TRACE_FRAMES)
		return;
	trace->frames[length] = frame;
	trace->length = length + 1;
}

/* One frame; 1 when there is none left. */
static long walk_step(__u32 index, struct walking *walking)
{
	struct python_process *process = walking->process;
	struct python_walk *walk = walking->walk;
	__u64 code;
	__u32 flags;

	if (!walk->frame)
		return 1;
	if (bpf_probe_read_user(walk->bytes, FRAME_BYTES, (void *)walk->frame)) {
		walk->failed = 1;
		return 1;
	}
	walk->frames++;
	walk->frame = walk->bytes[(process->frame_previous >> 3) & 15];
	code = walk->bytes[(process->frame_code >> 3) & 15] & ~POINTER_TAGS;
	if (!code || ((__u8 *)walk->bytes)[process->frame_owner & 127] >= process->owner_shim) {
		keep_frame(walking->trace, 0);
		return 0;
	}
	keep_frame(walking->trace, code);
	if (process->frame_entry && ((__u8 *)walk->bytes)[process->frame_entry & 127])
		keep_frame(walking->trace, 0);
	flags = flags_on_thread(process, walking->thread, code, walk->pid);
	if (flags & CODE_ANCHOR && !walk->anchor) {
		walk->anchor = code;
		walk->anchored = walk->code ? walk->code : code;
		walk->anchor_flags = flags;
	}
	if (flags & CODE_APPLICATION && !walk->anchor)
		walk->application = code;
	if (flags & CODE_COROUTINE) {
		walk->root = code;
		walk->root_application = walk->application;
		walk->root_anchor = walk->anchor;
	}
	if (code == walk->task_code) {
		walk->task_seen = 1;
		walk->task_application = walk->application;
		walk->task_anchor = walk->anchor;
		if (walking->to_task)
			walk->frame = 0;
	}
	walk->code = code;
	return 0;
}

/* Current task and innermost frame of a thread that the interpreter knows by `state`. True when
 * both are where the last walk of this slot found them, a moment ago: what that found holds.
 * Another task or job that got to the same function at the same place on the stack meanwhile is
 * then taken for the one before, for that moment. */
static __always_inline bool begin_walk(struct python_process *process, struct python_walk *walk,
				       __u64 state)
{
	__u64 task, task_code, frame = 0, code = 0;
	bool holds;

	walk->loop = walk->failed = 0;
	task = current_task(process, state, &walk->loop);
	task_code = code_of_task(process, task);
	if (READ_USER(frame, state + process->thread_frame) ||
	    (frame && process->has_cframe &&
	     READ_USER(frame, frame + process->cframe_current_frame))) {
		frame = 0;
		walk->failed = 1;
	}
	if (walk->now_ns && frame)
		READ_USER(code, frame + process->frame_code);
	holds = code && code == walk->innermost_code && frame == walk->innermost &&
		task == walk->task && task_code == walk->task_code && walk->walked_ns &&
		walk->now_ns - walk->walked_ns < WALK_HOLDS_NS;
	walk->task = task;
	walk->task_code = task_code;
	walk->frame = walk->innermost = frame;
	walk->innermost_code = code;
	if (!holds)
		walk->walked_ns = walk->now_ns;
	return holds;
}

/* The frames of a thread, after begin_walk(). All of them with a `trace`, to which their code
 * goes, or when the outermost one is not known yet; else those of the current task, when there is
 * one. */
static __always_inline void walk_frames(struct python_process *process,
					struct python_thread *thread, struct python_walk *walk,
					struct stack_trace *trace)
{
	struct walking walking = { process, thread, walk, trace, thread->outermost && !trace };

	walk->code = walk->application = walk->anchor = walk->anchored = 0;
	walk->root = walk->root_application = walk->root_anchor = 0;
	walk->task_application = walk->task_anchor = 0;
	walk->frames = walk->anchor_flags = walk->task_seen = 0;
	bpf_loop(FRAMES_MAX, walk_step, &walking, 0);
	if (walk->frame)
		walk->failed = 1;
	if (walk->failed) {
		walk->walked_ns = 0;
		keep_frame(trace, TRACE_CUT);
		count_loss(LOSS_TASK_WALKS);
	}
}

#endif
