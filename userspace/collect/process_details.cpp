// SPDX-License-Identifier: Apache-2.0
#include "collect/process_details.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace culprit {
namespace {
constexpr std::size_t kCountedPerTick = 64;
}

void ProcessDetails::forget_ended(const Sample& sample) {
  for (const thread_record& ended : sample.ended)
    if (ended.header.flags & THREAD_LAST) known_.erase(ended.pid);
  if (!sample.lists_all_threads) return;
  std::unordered_map<std::uint32_t, Known> listed;
  for (const thread_record& thread : sample.threads) {
    const auto known = known_.find(thread.pid);
    if (known != known_.end()) listed.insert(*known);
  }
  known_ = std::move(listed);
}

void ProcessDetails::describe_new(Sample& sample) {
  for (const thread_record& thread : sample.threads) {
    if (thread.header.flags & THREAD_KERNEL) continue;
    const auto [known, is_new] = known_.try_emplace(thread.pid);
    if (!is_new && known->second.start_time_ns == thread.process_start_time_ns) continue;
    known->second = {thread.process_start_time_ns, false};
    ProcessDetail detail;
    detail.pid = thread.pid;
    detail.start_time_ns = thread.process_start_time_ns;
    if (!hide_commands_) detail.command = reader_.command(thread.pid);
    detail.executable = reader_.executable(thread.pid);
    sample.details.push_back(std::move(detail));
  }
}

void ProcessDetails::describe_execs(Sample& sample) {
  for (ExecEvent& exec : sample.execs) {
    if (hide_commands_) exec.command.clear();
    const auto known = known_.find(exec.pid);
    if (known == known_.end()) continue;  // described as new, or gone again
    ProcessDetail detail;
    detail.pid = exec.pid;
    detail.start_time_ns = exec.start_time_ns;
    detail.executable = reader_.executable(exec.pid);
    sample.details.push_back(std::move(detail));
  }
}

void ProcessDetails::count_open_files(Sample& sample) {
  if (turns_.empty())
    for (const auto& [pid, process] : known_) turns_.push_back(pid);
  for (std::size_t i = 0; i < kCountedPerTick && !turns_.empty(); i++) {
    const std::uint32_t pid = turns_.back();
    turns_.pop_back();
    const auto known = known_.find(pid);
    if (known == known_.end()) continue;
    ProcessDetail detail;
    detail.pid = pid;
    detail.start_time_ns = known->second.start_time_ns;
    detail.open_files = reader_.open_files(pid);
    if (!std::exchange(known->second.limit_read, true))
      detail.process_limit = reader_.process_limit(pid);
    if (detail.open_files || detail.process_limit) sample.details.push_back(std::move(detail));
  }
}

void ProcessDetails::collect(Sample& sample) {
  forget_ended(sample);
  describe_execs(sample);
  describe_new(sample);
  count_open_files(sample);
}

std::uint64_t own_resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size_pages = 0, resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace culprit
