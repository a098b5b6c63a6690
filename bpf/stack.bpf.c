// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks of threads on a CPU and, when asked for, of threads that are blocked. Both walk
 * frame pointers, which the kernel can do at an interrupt: code without them shows its
 * innermost function and not who called it.
 *
 * On a CPU: an event of the software CPU clock on each CPU, at a fixed period. It needs no
 * hardware counters and does not fire while the CPU is idle.
 *
 * Blocked: the user stack of a thread can be walked by the thread alone, so it is taken
 * when the thread leaves its CPU, into its own storage; that it was worth it is known only
 * when it is about to run again. So the frames wait there, and a stack enters the tables
 * only for a wait that was long enough.
 *
 * What a thread of CPython runs is walked beside that, while it is a process that user space
 * knows; the task that it is at work for comes with it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "python_task.bpf.h"
#include "stack_table.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Shorter waits are not counted. */
const volatile __u64 blocked_threshold_ns = 1000000;

/* Too large for the stack of a program. One a CPU is enough: the timer's interrupt is not
 * interrupted by itself, and the switch has its frames elsewhere. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_trace);
} stack_scratch SEC(".maps");

/* Where a thread left its CPU. */
struct blocked_stack {
	__u64 since_ns; /* of the scheduler's clock; 0: it was not blocked */
	struct stack_trace kernel;
	struct stack_trace user;
	struct stack_trace interpreter;
	__u32 task;
	__u32 padding;
};

/* Goes with the thread; 3 KiB for each that was blocked since the program was loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct blocked_stack);
} blocked_stacks SEC(".maps");

static __always_inline void walk(void *context, struct stack_trace *trace, __u64 flags)
{
	long bytes = bpf_get_stack(context, trace->frames, sizeof(trace->frames), flags);

	trace->length = bytes > 0 ? bytes / sizeof(__u64) : 0;
}

/* Fills `trace` with the code objects that the thread runs. The task that it runs them for;
 * 0: not known. */
static __always_inline __u32 walk_python(struct task_struct *task, struct stack_trace *trace,
					 enum walk_slot slot)
{
	struct python_process *process = python_process_of(task);
	struct python_task_counters *counters;
	struct python_thread *thread;

	trace->length = 0;
	if (!process)
		return 0;
	thread = python_thread_of(task);
	if (!thread)
		return 0;
	counters = task_of_frames(task, process, thread, slot, trace);
	return counters ? counters->id : 0;
}

SEC("perf_event")
int stack_cpu(struct bpf_perf_event_data *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 zero = 0, table = stack_table;
	struct stack_trace *trace = bpf_map_lookup_elem(&stack_scratch, &zero);
	struct stack_key key = {};

	if (!trace || !wants_stack(task))
		return 0;
	fill_stack_key(&key, task, STACK_ON_CPU);
	walk(context, trace, 0);
	key.traces[TRACE_KERNEL] = keep_trace(trace, table);
	walk(context, trace, BPF_F_USER_STACK);
	key.traces[TRACE_USER] = keep_trace(trace, table);
	key.task = walk_python(task, trace, WALK_SAMPLE);
	key.traces[TRACE_INTERPRETER] = keep_trace(trace, table);
	count_stack(&key, 1, 0, table);
	return 0;
}

/* `prev` is still the current thread here, so that its stacks can be walked. */
static __always_inline void leave_cpu(void *context, struct task_struct *prev)
{
	struct blocked_stack *blocked;

	if (prev->flags & PF_KTHREAD || !prev->__state || prev->__state & TASK_DEAD ||
	    !wants_stack(prev))
		return;
	blocked = bpf_task_storage_get(&blocked_stacks, prev, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!blocked) {
		count_loss(LOSS_THREAD_STORAGE);
		return;
	}
	blocked->since_ns = run_queue_of(prev)->clock;
	walk(context, &blocked->kernel, 0);
	walk(context, &blocked->user, BPF_F_USER_STACK);
	blocked->task = walk_python(prev, &blocked->interpreter, WALK_SWITCH);
}

/* The wait ends when the thread is runnable again: from there on it waits for a CPU. */
static __always_inline void enter_cpu(struct task_struct *next)
{
	struct blocked_stack *blocked = bpf_task_storage_get(&blocked_stacks, next, 0, 0);
	__u64 queued = next->sched_info.last_queued, since;
	struct stack_key key = {};
	__u32 table = stack_table;

	if (!blocked || !blocked->since_ns)
		return;
	since = blocked->since_ns;
	blocked->since_ns = 0;
	if (queued < since + blocked_threshold_ns)
		return;
	fill_stack_key(&key, next, STACK_BLOCKED);
	key.traces[TRACE_KERNEL] = keep_trace(&blocked->kernel, table);
	key.traces[TRACE_USER] = keep_trace(&blocked->user, table);
	key.traces[TRACE_INTERPRETER] = keep_trace(&blocked->interpreter, table);
	key.task = blocked->task;
	count_stack(&key, 1, queued - since, table);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(stack_blocked, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (!preempt && prev->pid)
		leave_cpu(ctx, prev);
	if (next->pid)
		enter_cpu(next);
	return 0;
}
