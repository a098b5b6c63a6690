/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills a thread_record from a task and from what our probes counted for it. */
#ifndef CULPRIT_THREAD_RECORD_BPF_H
#define CULPRIT_THREAD_RECORD_BPF_H

#include "kernel_compat.bpf.h"
#include "shared_maps.bpf.h"

static __always_inline void fill_identity(struct thread_record *record, struct task_struct *task,
					  __u32 hierarchy)
{
	record->tid = task->pid;
	record->pid = task->tgid;
	record->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	record->uid = BPF_CORE_READ(task, cred, uid.val);
	record->start_time_ns = task->start_boottime;
	record->process_start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	record->cgroup_id = task_cgroup_id(task, hierarchy);
	record->nice = (__s8)(task->static_prio - 120);
	record->policy = task->policy;
	bpf_probe_read_kernel(record->name, sizeof(record->name), &task->comm);
}

static __always_inline void fill_kernel_counters(struct thread_record *record,
						 struct task_struct *task)
{
	record->cpu_ns = task->se.sum_exec_runtime;
	record->user_ticks_ns = task->utime;
	record->system_ticks_ns = task->stime;
	record->run_queue_ns = task->sched_info.run_delay;
	record->voluntary_switches = task->nvcsw;
	record->involuntary_switches = task->nivcsw;
	record->migrations = task->se.nr_migrations;
	record->minor_faults = task->min_flt;
	record->major_faults = task->maj_flt;
	record->read_bytes = task->ioac.read_bytes;
	record->write_bytes = task->ioac.write_bytes;
}

static __always_inline void fill_process(struct thread_record *record, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct mm_struct *mm = task->mm;

	record->thread_count = 0;
	record->exited_threads_cpu_ns = 0;
	record->open_files_soft_limit = 0;
	record->oom_score_adj = 0;
	if (signal) {
		record->thread_count = BPF_CORE_READ(signal, nr_threads);
		record->exited_threads_cpu_ns = BPF_CORE_READ(signal, sum_sched_runtime);
		record->open_files_soft_limit =
			BPF_CORE_READ(signal, rlim[RLIMIT_NOFILE].rlim_cur);
		record->oom_score_adj = BPF_CORE_READ(signal, oom_score_adj);
		if (BPF_CORE_READ(signal, oom_mm))
			record->header.flags |= THREAD_OOM_VICTIM;
	}
	record->rss_bytes = record->swap_bytes = record->rss_peak_bytes = 0;
	if (mm && !(task->flags & PF_KTHREAD)) {
		record->rss_bytes = mm_resident_pages(mm) * PAGE_BYTES;
		record->swap_bytes = mm_pages(mm, RSS_SWAP) * PAGE_BYTES;
		record->rss_peak_bytes = BPF_CORE_READ(mm, hiwater_rss) * PAGE_BYTES;
		if (record->rss_peak_bytes < record->rss_bytes)
			record->rss_peak_bytes = record->rss_bytes;
		record->header.flags |= THREAD_HAS_MEMORY;
	}
}

static __always_inline void fill_our_counters(struct thread_record *record,
					      const struct thread_state *state)
{
	for (int i = 0; i < BLOCKED_REASONS; i++)
		record->blocked_ns[i] = state->blocked_ns[i];
	record->contended_ns = state->contended_ns;
	record->reclaim_ns = state->reclaim_ns;
	record->receive_bytes = state->receive_bytes;
	record->transmit_bytes = state->transmit_bytes;
	record->connects = state->connects;
	record->accepts = state->accepts;
	record->closes = state->closes;
}

/* Everything but condition, reason, ongoing_ns and exit_code, which the caller knows. */
static __always_inline void fill_thread_record(struct thread_record *record,
					       struct task_struct *task,
					       const struct thread_state *state, __u32 hierarchy)
{
	__u16 flags = task->flags & PF_KTHREAD ? THREAD_KERNEL : 0;

	fill_header(&record->header, RECORD_THREAD, flags, sizeof(*record));
	fill_identity(record, task, hierarchy);
	fill_kernel_counters(record, task);
	fill_process(record, task);
	fill_our_counters(record, state);
	record->padding[0] = record->padding[1] = record->padding[2] = 0;
}

/* The final record of a thread: shipped from its last context switch, where all of
 * its counters stand still, or from sched_process_exit where that is not traced. */
static __always_inline void ship_final_record(struct task_struct *task,
					      const struct thread_state *state, __u32 hierarchy)
{
	struct thread_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	struct signal_struct *signal = task->signal;

	if (!record) {
		count_loss(LOSS_RING_FULL);
		return;
	}
	fill_thread_record(record, task, state, hierarchy);
	record->header.flags |= THREAD_FINAL;
	record->exit_code = task->exit_code;
	if (signal && BPF_CORE_READ(signal, live.counter) == 0) {
		record->header.flags |= THREAD_LAST;
		if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
			record->exit_code = BPF_CORE_READ(signal, group_exit_code);
		/* Its memory is gone by now; how much it was at most is kept for wait4(2). */
		record->rss_peak_bytes = BPF_CORE_READ(signal, maxrss) * PAGE_BYTES;
	}
	record->condition = THREAD_RUNNING;
	record->reason = 0;
	record->ongoing_ns = 0;
	bpf_ringbuf_submit(record, submit_flags());
}

#endif
