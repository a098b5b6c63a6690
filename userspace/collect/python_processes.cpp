// SPDX-License-Identifier: Apache-2.0
#include "collect/python_processes.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace culprit {
namespace {

constexpr std::size_t kMostProcesses = 1024;  // as many as the kernel's table takes
constexpr std::size_t kLikelyInATurn = 32;    // a millisecond or two each
constexpr std::size_t kOthersInATurn = 50;    // a tenth of that
constexpr std::uint8_t kMostLooks = 10;

std::string name_of(const thread_record& record) {
  return {record.name, strnlen(record.name, COMM_SIZE)};
}

}  // namespace

PythonProcess* PythonProcesses::find(std::uint32_t pid) {
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : found->second.get();
}

PythonProcess* PythonProcesses::find(std::uint32_t pid, std::uint64_t start_time_ns) {
  Seen& seen = seen_[pid];
  if (seen.start_time_ns != start_time_ns) {
    processes_.erase(pid);
    seen = {start_time_ns, "", 0, false};
  }
  if (PythonProcess* known = find(pid)) return known;
  return seen.settled ? nullptr : look(pid, seen);
}

void PythonProcesses::forget(std::uint32_t pid, PythonChanges& changes) {
  if (auto process = processes_.extract(pid)) changes.gone.insert(std::move(process));
}

/// The executable's name tells most; libraries and programs that embed an interpreter have to
/// be looked for among the files that a process has mapped.
bool PythonProcesses::is_named_python(std::uint32_t pid) const {
  std::error_code error;
  const auto executable =
      std::filesystem::read_symlink(root_ / "proc" / std::to_string(pid) / "exe", error);
  return !error && executable.filename().string().find("python") != std::string::npos;
}

void PythonProcesses::note(const thread_record& record, PythonChanges& changes) {
  if (record.header.flags & THREAD_KERNEL) return;
  const auto [place, is_new] = seen_.try_emplace(record.pid);
  Seen& seen = place->second;
  const bool leads = record.tid == record.pid;
  const bool renamed = leads && !seen.name.empty() && seen.name != name_of(record);
  if (leads) seen.name = name_of(record);
  if (!is_new && seen.start_time_ns == record.process_start_time_ns && !renamed) return;
  if (seen.start_time_ns != record.process_start_time_ns) forget(record.pid, changes);
  if (find(record.pid)) return;  // it has only given itself another name
  seen.start_time_ns = record.process_start_time_ns;
  seen.looks = 0;
  seen.settled = false;
  (is_named_python(record.pid) ? likely_ : others_).push_back(record.pid);
}

PythonChanges PythonProcesses::update(const Sample& sample) {
  PythonChanges changes;
  for (const thread_record& record : sample.ended) {
    if (!(record.header.flags & THREAD_LAST)) continue;
    forget(record.pid, changes);
    seen_.erase(record.pid);
  }
  for (const ExecEvent& exec : sample.execs) {
    forget(exec.pid, changes);
    seen_.erase(exec.pid);
  }
  for (const thread_record& record : sample.threads) note(record, changes);
  if (sample.lists_all_threads && !sample.coverage.lifecycle) {
    std::unordered_map<std::uint32_t, std::uint64_t> alive;
    for (const thread_record& record : sample.threads)
      alive[record.pid] = record.process_start_time_ns;
    std::erase_if(seen_, [&](const auto& entry) {
      const auto found = alive.find(entry.first);
      if (found != alive.end() && found->second == entry.second.start_time_ns) return false;
      forget(entry.first, changes);
      return true;
    });
  }
  for (auto& [pid, process] : processes_)
    if (refresh_python({root_, static_cast<pid_t>(pid)}, process->memory, process->facts))
      changes.found.push_back(process.get());
  look_in_turns(changes);
  return changes;
}

void PythonProcesses::look_in_turns(PythonChanges& changes) {
  const auto take_turn = [&](std::deque<std::uint32_t>& queue, std::size_t most) {
    for (std::size_t left = std::min(queue.size(), most); left > 0; left--) {
      const std::uint32_t pid = queue.front();
      queue.pop_front();
      const auto seen = seen_.find(pid);
      if (seen == seen_.end() || seen->second.settled) continue;
      if (PythonProcess* process = look(pid, seen->second))
        changes.found.push_back(process);
      else if (!seen->second.settled)
        queue.push_back(pid);
    }
  };
  take_turn(likely_, kLikelyInATurn);
  take_turn(others_, kOthersInATurn);
}

PythonProcess* PythonProcesses::look(std::uint32_t pid, Seen& seen) {
  const ProcessMemory memory(static_cast<pid_t>(pid));
  auto facts = find_python({root_, static_cast<pid_t>(pid)}, memory);
  if (!facts) {
    seen.settled = facts.error().kind == ErrorKind::kHost || ++seen.looks >= kMostLooks;
    if (seen.settled) spdlog::debug("Python process {}: {}", pid, facts.error().message);
    return nullptr;
  }
  seen.settled = true;
  if (!*facts || processes_.size() >= kMostProcesses) return nullptr;
  (*facts)->kernel.process_start_time_ns = seen.start_time_ns;
  auto process = std::make_unique<PythonProcess>(pid, seen.start_time_ns, std::move(**facts));
  return (processes_[pid] = std::move(process)).get();
}

}  // namespace culprit
