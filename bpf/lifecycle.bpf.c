// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Processes as they come: fork and exec, one record each, so that one which lives for
 * 2 ms is there with its name, command line and unit. How it ended and what it used is
 * its final thread record (sched.bpf.c).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lifecycle.h"
#include "thread_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 unit_hierarchy = HIERARCHY_UNIFIED;

/* An exec record is built here and copied out as long as its text; exec of one CPU
 * does not interrupt another. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_record);
} exec_scratch SEC(".maps");

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct fork_record *record;

	if (child->pid != child->tgid)
		return 0; /* a thread; the iterator will show it */
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&record->header, RECORD_FORK, 0, sizeof(*record));
	record->pid = child->tgid;
	record->parent_pid = parent->tgid;
	record->start_time_ns = child->start_boottime;
	record->cgroup_id = task_cgroup_id(child, unit_hierarchy);
	record->uid = BPF_CORE_READ(child, cred, uid.val);
	record->padding = 0;
	bpf_probe_read_kernel(record->name, sizeof(record->name), &child->comm);
	bpf_ringbuf_submit(record, submit_flags());
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, pid_t old_pid,
	     struct linux_binprm *binary)
{
	struct mm_struct *mm = task->mm;
	struct exec_record *record;
	__u32 zero = 0;
	__u64 start, size;

	record = bpf_map_lookup_elem(&exec_scratch, &zero);
	if (!record || !mm)
		return 0;
	record->pid = task->tgid;
	record->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	record->start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	record->cgroup_id = task_cgroup_id(task, unit_hierarchy);
	record->uid = BPF_CORE_READ(task, cred, uid.val);
	record->padding = 0;
	bpf_probe_read_kernel(record->name, sizeof(record->name), &task->comm);

	start = BPF_CORE_READ(mm, arg_start);
	size = BPF_CORE_READ(mm, arg_end) - start;
	record->truncated = size > EXEC_TEXT_SIZE;
	if (size > EXEC_TEXT_SIZE)
		size = EXEC_TEXT_SIZE;
	if (bpf_probe_read_user(record->text, size, (void *)start)) {
		count_loss(LOSS_USER_READ);
		size = 0;
	}
	record->text_size = size;
	size += __builtin_offsetof(struct exec_record, text);
	fill_header(&record->header, RECORD_EXEC, 0, size);
	if (size > sizeof(*record) || bpf_ringbuf_output(&records, record, size, submit_flags()))
		count_loss(LOSS_RING_FULL);
	return 0;
}

/* Used only where sched_switch is not traced: misses the CPU time of the exit itself. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct thread_state *state = thread_state_of(task);

	if (state)
		ship_final_record(task, state, unit_hierarchy);
	return 0;
}
