// SPDX-License-Identifier: Apache-2.0
#include "collect/standing_sample.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace culprit {
namespace {

// Names come once and nobody says when they are no more: a host that makes a new cgroup each
// second must not make us grow without end.
constexpr std::size_t kMostNames = 50'000;

/// What the next Sample tells anew.
Sample readings_of(const Sample& sample) {
  Sample kept;
  kept.wall_ns = sample.wall_ns;
  kept.monotonic_ns = sample.monotonic_ns;
  kept.coverage = sample.coverage;
  kept.listeners = sample.listeners;
  kept.ports = sample.ports;
  kept.task_sample_ns = sample.task_sample_ns;
  kept.run_queue_latency = sample.run_queue_latency;
  kept.block_latencies = sample.block_latencies;
  kept.cgroups = sample.cgroups;
  kept.host = sample.host;
  kept.collector = sample.collector;
  return kept;
}

template <typename Key, typename T>
void add_names(std::map<Key, T>& names, const std::map<Key, T>& more) {
  for (const auto& [key, name] : more) names[key] = name;
  if (names.size() > kMostNames) names = more;
}

template <typename Map, typename T>
void list(std::vector<T>& out, const Map& map) {
  out.reserve(map.size());
  for (const auto& [key, value] : map) out.push_back(value);
}

}  // namespace

void StandingSample::take(const Sample& sample) {
  latest_ = readings_of(sample);
  take_details(sample);
  take_threads(sample);
  take_calls(sample);
  take_tasks(sample);
  take_names(sample);
  if (sample.lists_all_threads) forget_unlisted();
}

void StandingSample::take_threads(const Sample& sample) {
  if (sample.lists_all_threads) threads_.clear();
  for (const thread_record& record : sample.ended) {
    const auto known = threads_.find(record.tid);
    if (known != threads_.end() && known->second.start_time_ns <= record.start_time_ns)
      threads_.erase(known);
  }
  forget_ended(sample);
  for (const thread_record& record : sample.threads) threads_[record.tid] = record;
}

void StandingSample::take_details(const Sample& sample) {
  const auto detail_of = [&](std::uint32_t pid, std::uint64_t start_time_ns) -> ProcessDetail& {
    ProcessDetail& detail = details_[pid];
    if (start_time_ns && detail.start_time_ns != start_time_ns) detail = {};
    if (start_time_ns) detail.start_time_ns = start_time_ns;
    detail.pid = pid;
    return detail;
  };
  for (const ExecEvent& exec : sample.execs) {
    ProcessDetail& detail = detail_of(exec.pid, exec.start_time_ns);
    detail.command = exec.command.empty() ? std::nullopt : std::optional(exec.command);
    detail.executable.reset();
  }
  for (const ProcessDetail& told : sample.details) {
    ProcessDetail& detail = detail_of(told.pid, told.start_time_ns);
    if (told.command) detail.command = told.command;
    if (told.executable) detail.executable = told.executable;
    if (told.open_files) detail.open_files = told.open_files;
    if (told.process_limit) detail.process_limit = told.process_limit;
  }
}

void StandingSample::take_calls(const Sample& sample) {
  for (const ConnectionReading& reading : sample.connections) {
    if (reading.end == SocketEnd::kOpen)
      connections_[reading.id] = reading;
    else
      connections_.erase(reading.id);
  }
  for (const QueryText& text : sample.query_texts) query_texts_[text.id] = text;
}

void StandingSample::take_tasks(const Sample& sample) {
  for (const TaskName& name : sample.task_names) task_names_[name.task] = name;
  for (const TaskReading& reading : sample.tasks) {
    TaskReading& kept = tasks_[reading.task] = reading;
    kept.runs.clear();
  }
  for (const FrameName& frame : sample.frames) frames_[frame.id] = frame;
}

void StandingSample::take_names(const Sample& sample) {
  for (const auto& [id, path] : sample.cgroup_paths) cgroup_paths_[id] = path;
  if (cgroup_paths_.size() > kMostNames) forget_unused_cgroups();
  add_names(user_names_, sample.user_names);
  add_names(container_names_, sample.container_names);
}

void StandingSample::forget_ended(const Sample& sample) {
  std::unordered_map<std::uint32_t, std::uint64_t> ended;  // pid -> start time
  for (const thread_record& record : sample.ended)
    if (record.header.flags & THREAD_LAST) ended[record.pid] = record.process_start_time_ns;
  if (ended.empty()) return;
  const auto has_ended = [&](std::uint32_t pid, std::uint64_t start_time_ns) {
    const auto found = ended.find(pid);
    return found != ended.end() && start_time_ns <= found->second;
  };
  std::erase_if(details_, [&](const auto& entry) {
    return has_ended(entry.first, entry.second.start_time_ns);
  });
  std::erase_if(task_names_, [&](const auto& entry) {
    const TaskName& name = entry.second;
    const bool gone = has_ended(name.pid, name.process_start_time_ns);
    if (gone) tasks_.erase(name.task);
    return gone;
  });
}

/// Of processes whose end nobody told.
void StandingSample::forget_unlisted() {
  std::unordered_set<std::uint32_t> listed;
  for (const auto& [tid, record] : threads_) listed.insert(record.pid);
  std::erase_if(details_, [&](const auto& entry) { return !listed.count(entry.first); });
  std::erase_if(connections_, [&](const auto& entry) { return !listed.count(entry.second.pid); });
  std::erase_if(task_names_, [&](const auto& entry) { return !listed.count(entry.second.pid); });
  std::erase_if(tasks_, [&](const auto& entry) { return !task_names_.count(entry.first); });
}

void StandingSample::forget_unused_cgroups() {
  std::unordered_set<std::uint64_t> used;
  for (const auto& [tid, record] : threads_) used.insert(record.cgroup_id);
  std::erase_if(cgroup_paths_, [&](const auto& entry) { return !used.count(entry.first); });
}

Sample StandingSample::sample() const {
  Sample sample = latest_;
  sample.lists_all_threads = true;
  list(sample.threads, threads_);
  list(sample.details, details_);
  list(sample.connections, connections_);
  list(sample.query_texts, query_texts_);
  list(sample.task_names, task_names_);
  list(sample.tasks, tasks_);
  list(sample.frames, frames_);
  sample.cgroup_paths = cgroup_paths_;
  sample.user_names = user_names_;
  sample.container_names = container_names_;
  return sample;
}

}  // namespace culprit
