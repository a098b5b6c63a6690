// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tasks inside CPython processes. A sample of the CPU clock finds the task that is at work by
 * its thread's frames; at a switch the same is found before the thread leaves the CPU, and
 * what it waited is charged to that task when it comes back; so is the memory by which its
 * process has grown meanwhile. User space attaches all of this only while it knows of such
 * a process: on other hosts it costs nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "block_reason.bpf.h"
#include "python_task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PF_EXITING 0x4
#define RSS_EVENTS 16 /* changes of resident memory between two looks at whose they are */

/* For how many samples of the usual pace one stands at the present one; set by user space. */
__u32 sample_weight = 1;

SEC("perf_event")
int python_sample(struct bpf_perf_event_data *ctx)
{
	struct python_task_counters *counters;
	__u32 weight = sample_weight;

	if (!walk_current(WALK_SAMPLE, &counters) || !counters)
		return 0;
	__sync_fetch_and_add(&counters->squares, weight * weight);
	__sync_fetch_and_add(&counters->samples, weight);
	if (run_queue_of(bpf_get_current_task_btf())->nr_running > 1)
		__sync_fetch_and_add(&counters->contended, weight);
	note_stretch(counters, bpf_ktime_get_ns(), weight);
	return 0;
}

/* What the process has grown by since the last look belongs to who was at work then. Only the
 * central part of the kernel's per-CPU counters is read, to which a CPU adds its own by 32 pages
 * and more: single charges err by as much, sums do not. */
static __always_inline void charge_growth(struct mm_struct *mm, struct python_process *process,
					  struct python_thread *thread)
{
	__s64 pages = mm_resident_pages(mm);
	__s64 before = __sync_lock_test_and_set(&process->resident_pages, pages);
	__s64 growth = pages - before;
	struct python_task_counters *counters;

	thread->rss_events = 0;
	if (!thread->growing_known || !growth || !before)
		return;
	counters = bpf_map_lookup_elem(&python_tasks, &thread->growing);
	if (counters)
		__sync_fetch_and_add(&counters->growth_bytes, growth * (__s64)PAGE_BYTES);
}

SEC("tp_btf/rss_stat")
int BPF_PROG(python_memory, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct python_thread *thread;
	struct python_process *process;

	if (task->mm != mm || !may_be_python(task->tgid))
		return 0;
	thread = bpf_task_storage_get(&python_threads, task, 0, 0);
	if (!thread)
		return 0;
	thread->rss_events++;
	if (thread->growing_known && thread->rss_events < RSS_EVENTS)
		return 0;
	process = python_process_of(task);
	if (!process)
		return 0;
	charge_growth(mm, process, thread);
	thread->growing_known = task_at_work(task, process, thread, WALK_CALL) != NULL;
	thread->growing = thread->walks[WALK_CALL].key;
	return 0;
}

static __always_inline void leave_cpu(struct task_struct *task, struct python_process *process)
{
	struct python_thread *thread;
	struct python_task_counters *counters;

	if (task->flags & PF_EXITING || !task->mm)
		return;
	thread = python_thread_of(task);
	if (!thread)
		return;
	if (thread->rss_events)
		charge_growth(task->mm, process, thread);
	thread->growing_known = 0;
	thread->walks[WALK_SWITCH].now_ns = run_queue_of(task)->clock;
	counters = task_at_work(task, process, thread, WALK_SWITCH);
	thread->left_ns = counters ? run_queue_of(task)->clock : 0;
	thread->left_run_delay_ns = task->sched_info.run_delay;
	if (counters)
		note_stretch(counters, bpf_ktime_get_ns(), 0);
}

/* Since it left the CPU it was in queues, the present one and those that it was moved from
 * (run_delay), or blocked. */
static __always_inline void charge_wait(struct task_struct *task, struct python_thread *thread,
					__u64 now)
{
	struct python_task_counters *counters =
		bpf_map_lookup_elem(&python_tasks, &thread->walks[WALK_SWITCH].key);
	__u64 queued = task->sched_info.last_queued;
	__u64 wait = task->sched_info.run_delay - thread->left_run_delay_ns;
	__u64 away = now - thread->left_ns;
	struct thread_state *state = thread_state_of(task);
	__u8 reason;

	if (!counters || !queued || !state || now < thread->left_ns)
		return;
	if (now > queued)
		wait += now - queued;
	if (wait > away)
		wait = away; /* the clocks of two CPUs */
	__sync_fetch_and_add(&counters->run_queue_ns, wait);
	if (wait == away)
		return;
	reason = block_reason(task, state, away - wait);
	if (reason < BLOCKED_REASONS)
		__sync_fetch_and_add(&counters->blocked_ns[reason], away - wait);
}

static __always_inline void take_cpu(struct task_struct *task)
{
	struct python_thread *thread = bpf_task_storage_get(&python_threads, task, 0, 0);

	if (!thread)
		return;
	if (thread->left_ns)
		charge_wait(task, thread, run_queue_of(task)->clock);
	thread->left_ns = 0;
	thread->cpu_ns = task->se.sum_exec_runtime;
	thread->arrived_ns = bpf_ktime_get_ns();
}

SEC("tp_btf/sched_switch")
int BPF_PROG(python_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct python_process *process = python_process_of(prev);

	if (process)
		leave_cpu(prev, process);
	if (python_process_of(next))
		take_cpu(next);
	return 0;
}

/* A child has its parent's memory, and so its interpreter, at the same addresses. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(python_fork, struct task_struct *parent, struct task_struct *child)
{
	struct python_process *process, copy;
	__u32 pid = child->tgid;
	__u64 *word = python_pid_word(pid);

	if (child->pid != child->tgid)
		return 0;
	process = python_process_of(parent);
	if (!process)
		return 0;
	if (word)
		__sync_fetch_and_or(word, 1ULL << (pid % 64));
	copy = *process;
	copy.process_start_time_ns = child->start_boottime;
	copy.resident_pages = 0;
	if (bpf_map_update_elem(&python_processes, &pid, &copy, BPF_ANY))
		count_loss(LOSS_TASKS);
	return 0;
}

/* Whatever the process runs now is at other addresses. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(python_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *binary)
{
	__u32 pid = task->tgid;

	bpf_map_delete_elem(&python_processes, &pid);
	bpf_task_storage_delete(&python_threads, task);
	return 0;
}
