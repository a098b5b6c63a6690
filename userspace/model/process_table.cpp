// SPDX-License-Identifier: Apache-2.0
#include "model/process_table.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "model/counter.h"
#include "model/usage.h"

namespace culprit {
namespace {

std::string name_of(const thread_record& record) {
  return std::string(record.name, strnlen(record.name, COMM_SIZE));
}

/// What wait(2) would tell the parent.
Exited exited_from(int wait_status) {
  Exited exited;
  if (const int signal = wait_status & 0x7f)
    exited.signal = signal;
  else
    exited.code = (wait_status >> 8) & 0xff;
  return exited;
}

}  // namespace

ProcessEntry* ProcessTable::find(std::uint32_t pid, std::uint64_t start_time_ns) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return nullptr;
  if (found->second.id.start_time_ns == start_time_ns) return &found->second;
  const auto replaced = std::find_if(replaced_.begin(), replaced_.end(), [&](const auto& entry) {
    return entry.id == ProcessId{pid, start_time_ns};
  });
  return replaced == replaced_.end() ? nullptr : &*replaced;
}

ProcessEntry& ProcessTable::start(std::uint32_t pid, std::uint64_t start_time_ns) {
  const auto found = processes_.find(pid);
  if (found != processes_.end()) {
    // Its threads stay for their final records, which come with this Sample.
    if (!found->second.exited) found->second.exited = Exited{};
    replaced_.push_back(std::move(found->second));
    processes_.erase(found);
  }
  ProcessEntry& process = processes_[pid];
  process.id = {pid, start_time_ns};
  return process;
}

ProcessEntry& ProcessTable::process_of(const thread_record& record) {
  if (ProcessEntry* known = find(record.pid, record.process_start_time_ns)) return *known;
  ProcessEntry& process = start(record.pid, record.process_start_time_ns);
  process.name = name_of(record);
  if (first_) {
    process.cpu_seconds_total =
        static_cast<double>(record.exited_threads_cpu_ns) * kSecondsPerNanosecond;
  }
  return process;
}

void ProcessTable::begin_interval() {
  replaced_.clear();
  for (auto process = processes_.begin(); process != processes_.end();) {
    if (process->second.exited) {
      for (const std::uint32_t tid : process->second.tids) threads_.erase(tid);
      process = processes_.erase(process);
      continue;
    }
    process->second.usage = {};
    process->second.listen_overflows.reset();
    process->second.accept_queue_ratio.reset();
    process->second.accept_backlog.reset();
    process->second.sync_latency.reset();
    process->second.ended_threads.clear();
    process->second.rss_before_bytes = process->second.rss_bytes;
    ++process;
  }
}

/// Until it calls exec it runs its parent's program.
void ProcessTable::inherit_program(ProcessEntry& process, std::uint32_t parent_pid) {
  const auto parent = processes_.find(parent_pid);
  if (parent == processes_.end()) return;
  process.command = parent->second.command;
  process.executable = parent->second.executable;
}

void ProcessTable::take_events(const Sample& sample) {
  for (const ForkEvent& fork : sample.forks) {
    ProcessEntry& process = start(fork.pid, fork.start_time_ns);
    process.parent_pid = fork.parent_pid;
    process.uid = fork.uid;
    process.cgroup_id = fork.cgroup_id;
    process.name = fork.name;
    process.rss_before_bytes = 0;
    inherit_program(process, fork.parent_pid);
  }
  std::unordered_set<std::uint32_t> called_exec;
  for (const ExecEvent& exec : sample.execs) {
    ProcessEntry* known = find(exec.pid, exec.start_time_ns);
    ProcessEntry& process = known ? *known : start(exec.pid, exec.start_time_ns);
    process.parent_pid = exec.parent_pid;
    process.uid = exec.uid;
    process.cgroup_id = exec.cgroup_id;
    process.name = exec.name;
    process.command = exec.command.empty() ? std::nullopt : std::optional(exec.command);
    process.executable.reset();
    called_exec.insert(exec.pid);
  }
  // A process calls exec first and forks later, as a rule.
  for (const ForkEvent& fork : sample.forks) {
    ProcessEntry* process = find(fork.pid, fork.start_time_ns);
    if (process && called_exec.count(fork.parent_pid) && !called_exec.count(fork.pid))
      inherit_program(*process, fork.parent_pid);
  }
  for (const OomKillEvent& kill : sample.oom_kills) {
    const auto process = processes_.find(kill.pid);
    if (process != processes_.end()) process->second.oom_kill = kill;
  }
}

void ProcessTable::take_process_fields(ProcessEntry& process, const thread_record& record) {
  process.parent_pid = record.parent_pid;
  process.uid = record.uid;
  process.cgroup_id = record.cgroup_id;
  process.kernel_thread = record.header.flags & THREAD_KERNEL;
  if (record.tid == record.pid) {
    process.name = name_of(record);
    process.nice = record.nice;
  }
  if (record.thread_count) process.thread_count = record.thread_count;
  if (record.open_files_soft_limit) process.open_files_soft_limit = record.open_files_soft_limit;
  if (record.rss_peak_bytes) process.rss_peak_bytes = record.rss_peak_bytes;
  if (record.header.flags & THREAD_HAS_MEMORY) {
    process.rss_bytes = record.rss_bytes;
    process.swap_bytes = record.swap_bytes;
    process.memory_trend.note(record.header.time_ns, record.rss_bytes);
  }
}

void ProcessTable::take_thread(const thread_record& record, const Sample& sample) {
  ProcessEntry& process = process_of(record);
  auto [entry, is_new] = threads_.try_emplace(record.tid);
  ThreadEntry& thread = entry->second;
  if (!is_new && thread.last.start_time_ns != record.start_time_ns) {
    thread = {};
    is_new = true;
  }
  const bool listed_before =
      std::find(process.tids.begin(), process.tids.end(), record.tid) != process.tids.end();
  if (!listed_before) process.tids.push_back(record.tid);
  take_process_fields(process, record);

  thread.usage = {};
  if (!first_)
    thread.usage =
        usage_between(thread.last, previous_ns_, record, sample.monotonic_ns, sample.coverage);
  process.cpu_seconds_total += first_ ? static_cast<double>(record.cpu_ns) * kSecondsPerNanosecond
                                      : thread.usage.cpu_seconds;
  add(process.usage, thread.usage);
  thread.last = record;
  thread.listed_in = tick_;
  thread.missed = 0;
}

void ProcessTable::take_ended(const thread_record& record, const Sample& sample) {
  if (first_) return;
  ProcessEntry& process = process_of(record);
  const auto known = threads_.find(record.tid);
  const bool same =
      known != threads_.end() && known->second.last.start_time_ns == record.start_time_ns;
  const thread_record before = same ? known->second.last : thread_record{};
  const Usage usage =
      usage_between(before, previous_ns_, record, record.header.time_ns, sample.coverage);
  take_process_fields(process, record);
  process.cpu_seconds_total += usage.cpu_seconds;
  add(process.usage, usage);
  if (used_anything(usage))
    process.ended_threads.push_back(
        {record.tid, name_of(record), THREAD_RUNNING, std::nullopt, usage});
  if (same) remove_thread(process, record.tid);
  if (record.header.flags & THREAD_LAST) {
    process.exited = exited_from(record.exit_code);
    process.ended_ns = record.header.time_ns;
  }
}

void ProcessTable::remove_thread(ProcessEntry& process, std::uint32_t tid) {
  threads_.erase(tid);
  const auto position = std::find(process.tids.begin(), process.tids.end(), tid);
  if (position == process.tids.end()) return;
  *position = process.tids.back();
  process.tids.pop_back();
}

void ProcessTable::carry_unlisted(const Sample& sample) {
  for (auto& [tid, thread] : threads_) {
    if (thread.listed_in == tick_) continue;
    thread.usage =
        usage_between(thread.last, previous_ns_, thread.last, sample.monotonic_ns, sample.coverage);
    const auto process = processes_.find(thread.last.pid);
    if (process != processes_.end() && !process->second.exited)
      add(process->second.usage, thread.usage);
  }
}

void ProcessTable::take_listeners(const Sample& sample) {
  std::unordered_map<std::uint64_t, std::uint64_t> drops;
  for (const ListenerReading& listener : sample.listeners) {
    drops[listener.inode] = listener.drops;
    const auto found = processes_.find(listener.pid);
    if (found == processes_.end()) continue;
    ProcessEntry& process = found->second;
    const auto before = listener_drops_.find(listener.inode);
    // A socket that was not there before has dropped all of it since.
    const std::uint64_t earlier = before != listener_drops_.end() ? before->second : 0;
    if (!first_)
      process.listen_overflows =
          process.listen_overflows.value_or(0) + increase(earlier, listener.drops);
    if (listener.backlog == 0) continue;
    const double ratio = static_cast<double>(listener.queue) / listener.backlog;
    if (process.accept_queue_ratio && ratio <= *process.accept_queue_ratio) continue;
    process.accept_queue_ratio = ratio;
    process.accept_backlog = listener.backlog;
  }
  listener_drops_ = std::move(drops);
}

void ProcessTable::take_storage(const Sample& sample) {
  for (auto& [pid, process] : processes_)
    process.recent_reads.note(sample.monotonic_ns, process.usage.read_bytes.value_or(0));
  if (first_) return;
  for (const SyncReading& sync : sample.syncs) {
    const auto found = processes_.find(sync.pid);
    if (found != processes_.end()) found->second.sync_latency = summarize(sync.latency);
  }
}

void ProcessTable::drop_vanished(const Sample& sample) {
  // With final records, a thread that is gone from the list is about to ship one: wait.
  const int patience = sample.coverage.lifecycle ? 1 : 0;
  for (auto thread = threads_.begin(); thread != threads_.end();) {
    if (thread->second.listed_in == tick_ || ++thread->second.missed <= patience) {
      ++thread;
      continue;
    }
    const auto process = processes_.find(thread->second.last.pid);
    if (process != processes_.end()) {
      auto& tids = process->second.tids;
      tids.erase(std::remove(tids.begin(), tids.end(), thread->first), tids.end());
      if (tids.empty() && !process->second.exited) process->second.exited = Exited{};
    }
    thread = threads_.erase(thread);
  }
}

void ProcessTable::advance(const Sample& sample, std::uint64_t previous_ns, bool first) {
  tick_++;
  previous_ns_ = previous_ns;
  first_ = first;
  begin_interval();
  take_events(sample);
  for (const thread_record& record : sample.ended) take_ended(record, sample);
  for (const thread_record& record : sample.threads) take_thread(record, sample);
  forget_replaced_threads();
  if (!first) carry_unlisted(sample);
  if (sample.lists_all_threads) drop_vanished(sample);
  for (const ProcessDetail& detail : sample.details) {
    const auto found = processes_.find(detail.pid);
    if (found == processes_.end()) continue;
    ProcessEntry& process = found->second;
    if (detail.start_time_ns && detail.start_time_ns != process.id.start_time_ns) continue;
    if (detail.command) process.command = detail.command;
    if (detail.executable) process.executable = detail.executable;
    if (detail.open_files) process.open_files = detail.open_files;
    if (detail.process_limit) process.process_limit = detail.process_limit;
  }
  take_listeners(sample);
  take_storage(sample);
  for (const RetransmitCount& retransmit : sample.retransmits) {
    const auto process = processes_.find(retransmit.pid);
    if (process == processes_.end() || first) continue;
    process->second.usage.retransmits =
        process->second.usage.retransmits.value_or(0) + retransmit.count;
  }
}

void ProcessTable::forget_replaced_threads() {
  for (const ProcessEntry& process : replaced_)
    for (const std::uint32_t tid : process.tids) {
      const auto thread = threads_.find(tid);
      if (thread != threads_.end() &&
          thread->second.last.process_start_time_ns == process.id.start_time_ns)
        threads_.erase(thread);
    }
}

const ThreadEntry* ProcessTable::thread(std::uint32_t tid) const {
  const auto found = threads_.find(tid);
  return found == threads_.end() ? nullptr : &found->second;
}

}  // namespace culprit
