// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "analyze/limit_rows.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

constexpr std::size_t kHoldersTold = 3;

/// A unit's cgroup, or one below it.
bool is_within(const ProcessRow& process, const std::string& path) {
  if (!process.cgroup || !process.cgroup->starts_with(path)) return false;
  return process.cgroup->size() == path.size() || path == "/" ||
         (*process.cgroup)[path.size()] == '/';
}

/// Those with most threads first, by name and number.
std::string holders_of(std::vector<const ProcessRow*> processes) {
  std::stable_sort(processes.begin(), processes.end(),
                   [](const auto* a, const auto* b) { return a->thread_count > b->thread_count; });
  // Many of one name are told as one.
  std::vector<std::pair<std::string, std::uint64_t>> names;
  for (const ProcessRow* process : processes) {
    const auto known = std::find_if(names.begin(), names.end(), [&](const auto& entry) {
      return entry.first == process->name;
    });
    if (known == names.end())
      names.emplace_back(process->name, process->thread_count);
    else
      known->second += process->thread_count;
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kHoldersTold; ++i)
    text += (text.empty() ? "" : ", ") + plain_text(names[i].first, 32) + " " +
            std::to_string(names[i].second);
  return text;
}

void add_units(const Snapshot& snapshot, std::vector<ProcessLimitRow>& rows) {
  for (const UnitRow& unit : snapshot.units) {
    if (!unit.pids || !unit.pids_limit || *unit.pids_limit == 0) continue;
    std::vector<const ProcessRow*> members;
    for (const ProcessRow& process : snapshot.processes)
      if (!process.exited && is_within(process, unit.path)) members.push_back(&process);
    rows.push_back({unit.name, "TasksMax", &unit, nullptr, *unit.pids, *unit.pids_limit,
                    holders_of(std::move(members))});
  }
}

/// The kernel does not hold root to it.
void add_users(const Snapshot& snapshot, std::vector<ProcessLimitRow>& rows) {
  std::map<std::uint32_t, std::vector<const ProcessRow*>> users;
  for (const ProcessRow& process : snapshot.processes)
    if (process.uid != 0 && !process.kernel_thread && !process.exited)
      users[process.uid].push_back(&process);
  for (auto& [uid, processes] : users) {
    const auto most = std::max_element(
        processes.begin(), processes.end(),
        [](const auto* a, const auto* b) { return a->thread_count < b->thread_count; });
    if (!(*most)->process_limit || *(*most)->process_limit == 0) continue;
    ProcessLimitRow row;
    row.whose = (*most)->user.value_or(std::to_string(uid));
    row.limit_name = "ulimit -u";
    row.most = *most;
    row.limit = *(*most)->process_limit;
    for (const ProcessRow* process : processes) row.used += process->thread_count;
    row.holders = holders_of(std::move(processes));
    rows.push_back(std::move(row));
  }
}

void add_host(const Snapshot& snapshot, std::vector<ProcessLimitRow>& rows) {
  const SettingsReading& settings = snapshot.system.settings;
  if (!settings.threads_max && !settings.pid_max) return;
  const bool by_pid =
      settings.pid_max.value_or(UINT64_MAX) < settings.threads_max.value_or(UINT64_MAX);
  ProcessLimitRow row;
  row.whose = "the host";
  row.limit_name = by_pid ? "kernel.pid_max" : "kernel.threads-max";
  row.used = snapshot.system.thread_count;
  row.limit = by_pid ? *settings.pid_max : *settings.threads_max;
  std::vector<const ProcessRow*> processes;
  for (const ProcessRow& process : snapshot.processes)
    if (!process.exited && !process.kernel_thread) processes.push_back(&process);
  row.holders = holders_of(std::move(processes));
  rows.push_back(std::move(row));
}

}  // namespace

std::vector<ProcessLimitRow> find_process_limits(const Snapshot& snapshot) {
  std::vector<ProcessLimitRow> rows;
  add_units(snapshot, rows);
  add_users(snapshot, rows);
  add_host(snapshot, rows);
  return rows;
}

}  // namespace culprit
