// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What of asyncio and uvloop cannot be told from frames: who created a task, who wrote what an
 * event loop sends later, and, when exact figures are asked for, how much CPU time each step
 * of a task took. Every hit of a uprobe is a trap, 1.5 to 16 microseconds: creating a task
 * costs more than that, a write much more, but a step may not, so steps are probed on demand.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "asyncio.h"
#include "sender.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define STEP_WRAPPER_TASK 16   /* of TaskStepMethWrapper: ob_refcnt, ob_type, sw_task */
#define UVLOOP_STREAM_HANDLE 24 /* of UVHandle: ob_refcnt, ob_type, __pyx_vtab, _handle */
#define UV_STREAM_DESCRIPTOR 184 /* of uv_stream_t: io_watcher.fd, libuv 1.x */
#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* Hits, of all processes: user space lets go of what traps too often. */
__u64 created = 0;
__u64 written = 0;

/* The new task is part of its creator's work, and of what that does for the application. */
SEC("uprobe/_asyncio:Task")
int asyncio_create(struct pt_regs *ctx)
{
	struct asyncio_task_key key = { PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32 };
	struct python_task_counters *counters;
	struct asyncio_task fresh = {};
	struct python_thread *thread;
	struct python_walk *walk;

	__sync_fetch_and_add(&created, 1);
	thread = walk_current(WALK_CALL, &counters);
	if (!thread)
		return 0;
	walk = &thread->walks[WALK_CALL];
	if (walk->key.kind == PYTHON_COROUTINE) {
		fresh.root = walk->key.root;
		fresh.application = walk->key.application;
	}
	fresh.work = walk->work ? walk->work : next_work();
	bpf_map_update_elem(&asyncio_tasks, &key, &fresh, BPF_ANY);
	return 0;
}

/* The address of the struct socket behind a descriptor of the current process; 0: none. */
static __always_inline __u64 holder_of_descriptor(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (descriptor >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), files + descriptor) || !file ||
	    (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	return (__u64)BPF_CORE_READ(file, private_data);
}

/* uvloop.loop.UVStream.write(self, …) */
SEC("uprobe/uvloop:UVStream.write")
int uvloop_write(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 handle = 0, holder, sender;
	__u32 descriptor = 0;

	__sync_fetch_and_add(&written, 1);
	if (!python_process_of(task) ||
	    READ_USER(handle, PT_REGS_PARM1(ctx) + UVLOOP_STREAM_HANDLE) ||
	    READ_USER(descriptor, handle + UV_STREAM_DESCRIPTOR))
		return 0;
	holder = holder_of_descriptor(task, descriptor);
	if (!holder)
		return 0;
	sender = find_task_and_work();
	if (sender)
		bpf_map_update_elem(&python_writes, &holder, &sender, BPF_ANY);
	return 0;
}

/* CPU time of a thread that is running, as the scheduler will book it. */
static __always_inline __u64 cpu_time(struct python_thread *thread)
{
	return thread->arrived_ns ? thread->cpu_ns + bpf_ktime_get_ns() - thread->arrived_ns : 0;
}

SEC("uprobe/_asyncio:task_step")
int asyncio_step(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_process *process = python_process_of(task);
	__u64 object = PT_REGS_PARM1(ctx);
	struct python_thread *thread;

	if (!process)
		return 0;
	thread = python_thread_of(task);
	if (!thread)
		return 0;
	if (bpf_get_attach_cookie(ctx) & ASYNCIO_WRAPPED &&
	    READ_USER(object, object + STEP_WRAPPER_TASK))
		return 0;
	thread->step_task = object;
	thread->step_code = code_of_task(process, object);
	thread->step_cpu_ns = cpu_time(thread);
	thread->step_begun_ns = bpf_ktime_get_ns();
	return 0;
}

/* There are no frames any more: the coroutine itself is of the application, or what it is for
 * is known from other looks at the task. */
SEC("uretprobe/_asyncio:task_step")
int asyncio_step_end(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_process *process = python_process_of(task);
	struct python_thread *thread = bpf_task_storage_get(&python_threads, task, 0, 0);
	struct python_task_counters *counters;
	struct python_walk *walk;
	__u64 cpu_ns;

	if (!process || !thread || !thread->step_code)
		return 0;
	cpu_ns = thread->step_cpu_ns ? cpu_time(thread) - thread->step_cpu_ns : 0;
	walk = &thread->walks[WALK_CALL];
	walk->pid = walk->key.pid = task->tgid;
	walk->task = thread->step_task;
	walk->task_code = thread->step_code;
	walk->task_application = walk->task_anchor = 0;
	walk->task_seen = 1;
	thread->step_code = 0;
	if (flags_of_code(process, walk->task_code, walk->pid) & CODE_APPLICATION)
		walk->task_application = walk->task_code;
	name_by_task(walk);
	counters = counters_of(walk);
	if (!counters)
		return 0;
	__sync_fetch_and_add(&counters->cpu_ns, cpu_ns);
	__sync_fetch_and_add(&counters->steps, 1);
	note_span(counters, thread->step_begun_ns, bpf_ktime_get_ns(), 0);
	return 0;
}
