/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the frames of a thread to the task that is at work there, and to its counters. */
#ifndef CULPRIT_PYTHON_TASK_BPF_H
#define CULPRIT_PYTHON_TASK_BPF_H

#include "python_walk.bpf.h"

#define STRETCH_GAP_NS 20000000

/* Not on the stack, of which there is little. */
static const struct python_task_counters no_counters = {};

static __always_inline void set_key(struct python_walk *walk, enum python_task_kind kind,
				    __u64 root, __u64 application)
{
	walk->key.kind = kind;
	walk->key.root = root;
	walk->key.application = application;
}

static __always_inline __u32 next_work(void)
{
	struct python_numbers *numbers = numbers_of_python();

	return numbers ? __sync_fetch_and_add(&numbers->last_work, 1) + 1 : 0;
}

/* What is known of an asyncio task; another coroutine at its address is another task. */
static __noinline struct asyncio_task *asyncio_task_of(struct python_walk *walk)
{
	struct asyncio_task_key key = { walk->task, walk->pid };
	struct asyncio_task *known = bpf_map_lookup_elem(&asyncio_tasks, &key);
	struct asyncio_task fresh = {};

	if (known && !known->coroutine)
		known->coroutine = walk->task_code;
	if (known && known->coroutine == walk->task_code)
		return known;
	fresh.coroutine = walk->task_code;
	fresh.work = next_work();
	bpf_map_update_elem(&asyncio_tasks, &key, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&asyncio_tasks, &key);
}

/* The current asyncio task is at work. What of the application it is for may be hidden: by
 * a library that wraps it in a task of its own, which then is part of its creator's, or by a
 * greenlet, at which the frames end. */
static __noinline int name_by_task(struct python_walk *walk)
{
	struct asyncio_task *known = asyncio_task_of(walk);
	__u64 root = walk->task_code, application = walk->task_application;

	if (!application && known && known->application) {
		root = known->root;
		application = known->application;
	} else if (!application && !walk->task_seen) {
		application = walk->application;
	}
	if (known) {
		walk->work = known->work;
		known->root = root;
		known->application = application;
	}
	walk->anchor = walk->task_anchor;
	set_key(walk, PYTHON_COROUTINE, root, application);
	return 0;
}

/* Fills walk->key: which task the thread is at work for. `trace` as in walk_frames(). */
__noinline int find_task(struct python_process *process, struct python_thread *thread,
			 struct python_walk *walk, struct stack_trace *trace)
{
	__u64 state;
	bool is_cut;

	if (!process || !thread || !walk)
		return 0;
	state = find_thread_state(process, thread, walk);
	if (state && begin_walk(process, walk, state) && !trace)
		return 0;
	walk->work = 0;
	walk->anchor = 0;
	walk->key.pid = walk->pid;
	set_key(walk, PYTHON_NATIVE, 0, 0);
	if (!state) {
		walk->walked_ns = 0;
		return 0;
	}
	walk_frames(process, thread, walk, trace);
	if (walk->task_seen) {
		thread->tasks_seen = 1;
		thread->loop = walk->loop;
		if (!thread->outermost && !walk->failed)
			thread->outermost = walk->code;
	}
	/* Not among frames that are complete, it is that of another thread's event loop. */
	is_cut = !walk->root && thread->tasks_seen && walk->code != thread->outermost;
	if (walk->task_code && (walk->task_seen || is_cut))
		return name_by_task(walk);
	if (walk->failed) {
		walk->anchor = 0;
		set_key(walk, PYTHON_THREAD, 0, 0);
	} else if (walk->root) {
		walk->anchor = walk->root_anchor;
		set_key(walk, PYTHON_COROUTINE, walk->root, walk->root_application);
	} else if (walk->anchor) {
		set_key(walk, walk->anchor_flags & CODE_ENTRY ? PYTHON_CALLBACK : PYTHON_JOB,
			walk->anchored, walk->application);
	} else if (walk->code) {
		set_key(walk, PYTHON_THREAD, walk->code, walk->application);
	}
	return 0;
}

/* The work of the current asyncio task, found without its frames; 0: not known. */
static __always_inline __u32 work_of_current_task(struct task_struct *task,
						  struct python_process *process,
						  struct python_thread *thread)
{
	struct python_walk *walk = &thread->walks[WALK_CALL];
	struct asyncio_task *known;
	__u64 state;

	walk->thread_pointer = thread_pointer(task);
	state = find_thread_state(process, thread, walk);
	/* Else it may be the task of another thread. */
	if (!state || !thread->tasks_seen || (!thread->loop && !process->thread_running_task))
		return 0;
	walk->pid = task->tgid;
	walk->loop = thread->loop;
	walk->task = current_task(process, walk, state);
	walk->task_code = code_of_task(process, walk->task);
	known = walk->task_code ? asyncio_task_of(walk) : NULL;
	return known ? known->work : 0;
}

/* The counters of walk->key, made when there are none; NULL when there is no room. */
static __noinline struct python_task_counters *counters_of(struct python_walk *walk)
{
	struct python_task_counters *counters = bpf_map_lookup_elem(&python_tasks, &walk->key);
	struct python_numbers *numbers;

	if (counters)
		return counters;
	numbers = numbers_of_python();
	if (!numbers)
		return NULL;
	if (!is_full(PYTHON_TASK_TABLE))
		bpf_map_update_elem(&python_tasks, &walk->key, &no_counters, BPF_NOEXIST);
	counters = bpf_map_lookup_elem(&python_tasks, &walk->key);
	if (!counters) {
		set_full(PYTHON_TASK_TABLE);
		count_loss(LOSS_TASKS);
		return NULL;
	}
	if (!__sync_val_compare_and_swap(&counters->id, 0, ~0U)) {
		counters->anchor = walk->anchor;
		counters->id = __sync_fetch_and_add(&numbers->last_task, 1) + 1;
	}
	return counters;
}

/* The task's counters; the walk stays in the slot. `trace` as in walk_frames(). */
static __always_inline struct python_task_counters *
task_of_frames(struct task_struct *task, struct python_process *process,
	       struct python_thread *thread, enum walk_slot slot, struct stack_trace *trace)
{
	struct python_walk *walk = &thread->walks[slot];

	walk->pid = task->tgid;
	walk->thread_pointer = thread_pointer(task);
	find_task(process, thread, walk, trace);
	return counters_of(walk);
}

static __always_inline struct python_task_counters *
task_at_work(struct task_struct *task, struct python_process *process,
	     struct python_thread *thread, enum walk_slot slot)
{
	return task_of_frames(task, process, thread, slot, NULL);
}

/* Finds what the current thread is at work for; NULL when it is not one of CPython. `counters`
 * are the task's, NULL when there is no room for them; the walk stays in the slot. */
static __always_inline struct python_thread *walk_current(enum walk_slot slot,
							  struct python_task_counters **counters)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_process *process = python_process_of(task);
	struct python_thread *thread = process ? python_thread_of(task) : NULL;

	*counters = thread ? task_at_work(task, process, thread, slot) : NULL;
	return thread;
}

/* The task was at work from `begin` to `end`. CPUs may race here: a stretch is then told a little
 * wrong. */
static __always_inline void note_span(struct python_task_counters *counters, __u64 begin,
				      __u64 end, __u32 samples)
{
	struct python_stretch *stretch =
		&counters->stretches[(counters->head - 1) & (STRETCHES - 1)];
	__u64 known_end = stretch->start_ns + stretch->length_us * 1000ULL;

	if (!stretch->start_ns || begin > known_end + STRETCH_GAP_NS || end < stretch->start_ns) {
		stretch = &counters->stretches[counters->head & (STRETCHES - 1)];
		stretch->start_ns = known_end = begin;
		stretch->samples = 0;
		counters->head++;
	} else if (begin < stretch->start_ns) {
		stretch->start_ns = begin; /* a sample came by before the span was known */
	}
	if (end < known_end)
		end = known_end;
	stretch->length_us = (end - stretch->start_ns) / 1000;
	stretch->samples += samples;
}

/* The task was at work at `now`. */
static __always_inline void note_stretch(struct python_task_counters *counters, __u64 now,
					 __u32 samples)
{
	note_span(counters, now, now, samples);
}

#endif
