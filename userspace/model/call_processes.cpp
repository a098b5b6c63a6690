// SPDX-License-Identifier: Apache-2.0
#include "model/call_processes.h"

#include <cstring>

namespace culprit {

const ProcessEntry* CallProcesses::find(std::uint32_t pid, std::uint64_t start_time_ns) const {
  const auto found = table_.processes().find(pid);
  if (found != table_.processes().end() &&
      (start_time_ns == 0 || found->second.id.start_time_ns == start_time_ns))
    return &found->second;
  for (const ProcessEntry& entry : table_.replaced())
    if (entry.id == ProcessId{pid, start_time_ns}) return &entry;
  return nullptr;
}

std::uint32_t CallProcesses::slot(std::uint32_t pid, std::uint64_t start_time_ns) {
  const ProcessId asked{pid, start_time_ns};
  const auto cached = slots_.find(asked);
  if (cached != slots_.end()) return cached->second;
  const ProcessEntry* entry = find(pid, start_time_ns);
  const ProcessId id = entry ? entry->id : asked;
  const auto [place, is_new] = slots_.try_emplace(id, static_cast<std::uint32_t>(known_.size()));
  const std::uint32_t slot = place->second;
  if (is_new) known_.push_back({{id, entry ? entry->name : ""}, entry});
  slots_[asked] = slot;
  return slot;
}

std::string_view CallProcesses::thread_name(const ProcessEntry& process, std::uint32_t tid) const {
  const ThreadEntry* thread = table_.thread(tid);
  if (thread && thread->last.pid == process.id.pid &&
      thread->last.process_start_time_ns == process.id.start_time_ns)
    return {thread->last.name, strnlen(thread->last.name, COMM_SIZE)};
  for (const ThreadRow& row : process.ended_threads)
    if (row.tid == tid) return row.name;
  return {};
}

std::uint32_t CallProcesses::named(std::string_view name) {
  const auto [place, is_new] =
      tasks_by_name_.try_emplace(name, static_cast<std::uint32_t>(task_names_.size() + 1));
  if (is_new) task_names_.push_back(name);
  return place->second;
}

std::uint32_t CallProcesses::thread_task(const Known& known, std::uint32_t tid) {
  if (!known.entry || known.entry->thread_count < 2) return 0;
  const std::string_view name = thread_name(*known.entry, tid);
  return name.empty() || name == known.entry->name ? 0 : named(name);
}

std::uint32_t CallProcesses::task(std::uint32_t slot, const Call& call) {
  const NamedTask* task = call.task ? names_.find(call.task) : nullptr;
  if (task) return named(task->title);
  const auto [place, is_new] = threads_.try_emplace(std::uint64_t{slot} << 32 | call.tid, 0);
  if (is_new) place->second = thread_task(known_[slot], call.tid);
  return place->second;
}

}  // namespace culprit
