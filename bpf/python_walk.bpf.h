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
#define CHUNK_BYTES 16384 /* so far around a frame of it, others are on the same stack */
#define THREADS_MAX 512
#define MISSING_MAX 64 /* a thread that the interpreter does not know is looked for so rarely */
#define LOOPS_MAX 6    /* event loops that may have a current task at once */
#define LOST_FRAME (-1ULL)
#define OWNED_BY_THREAD 0
#define POINTER_TAGS 7ULL
#define DICT_KEYS 32
#define DICT_SIZE 8
#define DICT_LOG2_INDEX_BYTES 9
#define DICT_ENTRY_BYTES 24
#define DICT_ENTRY_KEY 8
#define DICT_KEYS_BYTES 160 /* of the smallest: eight indices and five entries, not of 3.8 to 3.10 */
#define CODE_WAKING_NS 20000000
#define WALK_HOLDS_NS 1000000 /* what was found, for who is where he was */
/* CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR */
#define COROUTINE_BITS (0x80 | 0x100 | 0x200)

/* A read costs 80 ns, 10 more for each KiB: few large ones are better than many. */
#define READ_USER(to, address) bpf_probe_read_user(&(to), sizeof(to), (void *)(address))

static __always_inline long read_bytes(struct python_walk *walk, __u32 size, __u64 address)
{
	return bpf_probe_read_user(walk->bytes, size, (void *)address);
}

/* Of what was read last. */
static __always_inline __u64 word_at(struct python_walk *walk, __u64 offset)
{
	return offset > WINDOW_BYTES ? 0 : *(__u64 *)((__u8 *)walk->bytes + offset);
}

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

/* The thread's PyThreadState; 0 when it has none. Its first bytes are then in the walk's. Neither
 * the holder of the GIL nor the library's own slot would do: both are empty just when a thread is
 * off the CPU. */
__noinline __u64 find_thread_state(struct python_process *process, struct python_thread *thread,
				   struct python_walk *walk)
{
	struct thread_search search = { process, thread, 0, 0 };

	if (!process || !thread || !walk || !walk->thread_pointer)
		return 0;
	if (thread->state && !read_bytes(walk, PYTHON_THREAD_STATE_BYTES, thread->state) &&
	    word_at(walk, process->thread_id) == walk->thread_pointer)
		return thread->state;
	thread->state = 0;
	/* At first each time, then ever more rarely. */
	thread->missing++;
	if (thread->missing & (thread->missing - 1) && thread->missing & (MISSING_MAX - 1))
		return 0;
	search.thread_pointer = walk->thread_pointer;
	if (READ_USER(search.state, process->interpreter + process->interpreter_threads))
		return 0;
	bpf_loop(THREADS_MAX, search_step, &search, 0);
	if (!thread->state || read_bytes(walk, PYTHON_THREAD_STATE_BYTES, thread->state))
		return 0;
	thread->missing = 0;
	return thread->state;
}

struct dict_entry {
	__u64 key, value;
};

/* The latest value of asyncio's dict {event loop: task}, which loses its entry when a step ends;
 * that of walk->loop, unless 0. Where it was found, walk->loop is that of the task. 0: none. */
static __always_inline __u64 task_of_dict(struct python_process *process, struct python_walk *walk)
{
	__u64 keys = 0, entries, offset;
	struct dict_entry entry;
	__s64 count;
	int i;

	if (READ_USER(keys, process->current_tasks + DICT_KEYS) || !keys ||
	    read_bytes(walk, DICT_KEYS_BYTES, keys))
		return 0;
	count = word_at(walk, process->keys_entries);
	if (process->keys_log2)
		entries = 1ULL << (((__u8 *)walk->bytes)[DICT_LOG2_INDEX_BYTES] & 15);
	else if ((entries = word_at(walk, DICT_SIZE)) > 0xff)
		entries *= 2; /* indices of two bytes */
	entries += process->keys_indices;
	for (i = 0; i < LOOPS_MAX && i < count; i++) {
		offset = entries + (count - 1 - i) * DICT_ENTRY_BYTES + DICT_ENTRY_KEY;
		if (offset <= DICT_KEYS_BYTES - sizeof(entry)) {
			entry.key = word_at(walk, offset);
			entry.value = word_at(walk, offset + 8);
		} else if (READ_USER(entry, keys + offset)) {
			return 0;
		}
		if (!entry.value || (walk->loop && entry.key != walk->loop))
			continue;
		walk->loop = entry.key;
		return entry.value;
	}
	return 0;
}

/* asyncio's current task: the field of the thread, or as in task_of_dict(). 0: none. */
__noinline __u64 current_task(struct python_process *process, struct python_walk *walk,
			      __u64 state)
{
	__u64 task = 0;

	if (!process || !walk || !state)
		return 0;
	if (!process->thread_running_task)
		return process->current_tasks ? task_of_dict(process, walk) : 0;
	READ_USER(task, state + process->thread_running_task);
	return task;
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

/* Where the next frame is within the walk's bytes; beyond LONE_FRAME when it cannot be read.
 * Frames of plain functions lie one behind the other on the interpreter's own stack, the outermost
 * first: with one of them come those before it, as far as they are in its page. Those of coroutines
 * lie anywhere, and come alone: what is around them is nothing but misses in the caches. */
static __always_inline __u64 next_frame(struct python_walk *walk)
{
	__u64 offset = walk->frame - walk->window, page = walk->frame & ~(PAGE_BYTES - 1);

	if (offset <= WINDOW_BYTES - PYTHON_FRAME_BYTES)
		return offset;
	if (walk->frame - walk->stack_frame + CHUNK_BYTES > 2 * CHUNK_BYTES)
		return bpf_probe_read_user((__u8 *)walk->bytes + LONE_FRAME, PYTHON_FRAME_BYTES,
					   (void *)walk->frame) ? LOST_FRAME : LONE_FRAME;
	walk->window = walk->frame + PYTHON_FRAME_BYTES - WINDOW_BYTES;
	if (walk->window < page)
		walk->window = page;
	return read_bytes(walk, WINDOW_BYTES, walk->window) ? LOST_FRAME :
							      walk->frame - walk->window;
}

/* One frame; 1 when there is none left. */
static long walk_step(__u32 index, struct walking *walking)
{
	struct python_process *process = walking->process;
	struct python_walk *walk = walking->walk;
	__u64 code, offset;
	__u8 *frame, owner;
	__u32 flags;

	if (!walk->frame)
		return 1;
	offset = next_frame(walk);
	barrier_var(offset); /* or the compiler adds it before it is checked */
	if (offset > LONE_FRAME) {
		walk->failed = 1;
		return 1;
	}
	frame = (__u8 *)walk->bytes + offset;
	owner = frame[process->frame_owner & 127];
	walk->frames++;
	if (process->frame_owner && owner == OWNED_BY_THREAD)
		walk->stack_frame = walk->frame;
	walk->frame = *(__u64 *)(frame + (process->frame_previous & 127));
	code = *(__u64 *)(frame + (process->frame_code & 127)) & ~POINTER_TAGS;
	if (!code || owner >= process->owner_shim) {
		keep_frame(walking->trace, 0);
		return 0;
	}
	keep_frame(walking->trace, code);
	if (process->frame_entry && frame[process->frame_entry & 127])
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

/* Current task and innermost frame of a thread, after find_thread_state() gave `state`. True when
 * both are where the last walk of this slot found them, a moment ago: what that found holds.
 * Another task or job that got to the same function at the same place on the stack meanwhile is
 * then taken for the one before, for that moment. */
static __always_inline bool begin_walk(struct python_process *process, struct python_walk *walk,
				       __u64 state)
{
	__u64 task, task_code, frame = word_at(walk, process->thread_frame), code = 0;
	bool holds;

	walk->loop = walk->failed = 0;
	task = current_task(process, walk, state);
	task_code = code_of_task(process, task);
	if (frame && process->has_cframe &&
	    READ_USER(frame, frame + process->cframe_current_frame)) {
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
	walk->window = -WINDOW_BYTES; /* none */
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
