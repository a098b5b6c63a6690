// SPDX-License-Identifier: Apache-2.0
#include "collect/sample_merge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

namespace culprit {
namespace {

template <typename T>
void append(std::vector<T>& list, std::vector<T>&& more) {
  list.insert(list.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

/// The latest record of each thread; those that have ended since are left out.
std::vector<thread_record> merge_threads(std::vector<thread_record>&& earlier, Sample& later) {
  if (later.lists_all_threads) return std::move(later.threads);
  std::unordered_map<std::uint32_t, std::uint64_t> superseded;
  for (const thread_record& record : later.threads) superseded[record.tid] = record.start_time_ns;
  for (const thread_record& record : later.ended) superseded[record.tid] = record.start_time_ns;
  std::erase_if(earlier, [&](const thread_record& record) {
    const auto found = superseded.find(record.tid);
    return found != superseded.end() && found->second >= record.start_time_ns;
  });
  append(earlier, std::move(later.threads));
  return std::move(earlier);
}

std::vector<DelayReading> merge_delays(const std::vector<DelayReading>& earlier,
                                       const std::vector<DelayReading>& later) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> sums;
  for (const auto* list : {&earlier, &later})
    for (const DelayReading& delay : *list) sums[{delay.victim, delay.suspect}] += delay.ns;
  std::vector<DelayReading> merged;
  for (const auto& [pair, ns] : sums) merged.push_back({pair.first, pair.second, ns});
  return merged;
}

std::vector<RetransmitCount> merge_retransmits(const std::vector<RetransmitCount>& earlier,
                                               const std::vector<RetransmitCount>& later) {
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> sums;
  for (const auto* list : {&earlier, &later})
    for (const RetransmitCount& one : *list) sums[{one.pid, one.remote}] += one.count;
  std::vector<RetransmitCount> merged;
  for (const auto& [key, count] : sums) merged.push_back({key.first, key.second, count});
  return merged;
}

std::vector<SyncReading> merge_syncs(std::vector<SyncReading>&& earlier,
                                     const std::vector<SyncReading>& later) {
  for (const SyncReading& sync : later) {
    const auto same = std::find_if(earlier.begin(), earlier.end(),
                                   [&](const SyncReading& one) { return one.pid == sync.pid; });
    if (same == earlier.end()) {
      earlier.push_back(sync);
      continue;
    }
    same->latency.count += sync.latency.count;
    same->latency.sum_ns += sync.latency.sum_ns;
    for (std::size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
      same->latency.buckets[i] += sync.latency.buckets[i];
  }
  return std::move(earlier);
}

/// A run that goes on is told again with the same start.
void merge_runs(std::vector<TaskRun>& earlier, const std::vector<TaskRun>& later) {
  for (const TaskRun& run : later) {
    const auto same = std::find_if(earlier.begin(), earlier.end(), [&](const TaskRun& one) {
      return one.start_ns == run.start_ns;
    });
    if (same == earlier.end())
      earlier.push_back(run);
    else
      *same = run;
  }
}

/// The latest reading of each task, with the runs of both.
std::vector<TaskReading> merge_tasks(std::vector<TaskReading>&& earlier,
                                     std::vector<TaskReading>&& later) {
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < earlier.size(); i++) places.emplace(earlier[i].task, i);
  for (TaskReading& reading : later) {
    const auto [place, is_new] = places.emplace(reading.task, earlier.size());
    if (is_new) {
      earlier.push_back(std::move(reading));
      continue;
    }
    TaskReading& merged = earlier[place->second];
    merge_runs(merged.runs, reading.runs);
    reading.runs = std::move(merged.runs);
    merged = std::move(reading);
  }
  return std::move(earlier);
}

/// What only an earlier listing of the same connection told.
void keep_history(const ConnectionReading& earlier, ConnectionReading& later) {
  if (!later.opened_ns) later.opened_ns = earlier.opened_ns;
  if (!later.connect_ns) later.connect_ns = earlier.connect_ns;
  if (!later.connect_error) later.connect_error = earlier.connect_error;
}

/// The latest reading of each connection, in the order in which they were first listed.
/// One that ended is not listed again.
std::vector<ConnectionReading> merge_connections(std::vector<ConnectionReading>&& earlier,
                                                 std::vector<ConnectionReading>&& later) {
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < earlier.size(); i++) places.emplace(earlier[i].id, i);
  for (ConnectionReading& reading : later) {
    const auto [place, is_new] = places.emplace(reading.id, earlier.size());
    if (is_new) {
      earlier.push_back(std::move(reading));
    } else if (earlier[place->second].end == SocketEnd::kOpen) {
      keep_history(earlier[place->second], reading);
      earlier[place->second] = std::move(reading);
    }
  }
  return std::move(earlier);
}

}  // namespace

Sample merge_samples(Sample earlier, Sample later) {
  const bool complete = earlier.lists_all_threads || later.lists_all_threads;
  later.threads = merge_threads(std::move(earlier.threads), later);
  later.lists_all_threads = complete;
  append(earlier.ended, std::move(later.ended));
  later.ended = std::move(earlier.ended);
  append(earlier.forks, std::move(later.forks));
  later.forks = std::move(earlier.forks);
  append(earlier.execs, std::move(later.execs));
  later.execs = std::move(earlier.execs);
  append(earlier.oom_kills, std::move(later.oom_kills));
  later.oom_kills = std::move(earlier.oom_kills);
  append(earlier.details, std::move(later.details));
  later.details = std::move(earlier.details);
  later.connections =
      merge_connections(std::move(earlier.connections), std::move(later.connections));
  append(earlier.calls, std::move(later.calls));
  later.calls = std::move(earlier.calls);
  append(earlier.query_texts, std::move(later.query_texts));
  later.query_texts = std::move(earlier.query_texts);
  append(earlier.task_names, std::move(later.task_names));
  later.task_names = std::move(earlier.task_names);
  append(earlier.lookups, std::move(later.lookups));
  later.lookups = std::move(earlier.lookups);
  later.syncs = merge_syncs(std::move(earlier.syncs), later.syncs);
  later.tasks = merge_tasks(std::move(earlier.tasks), std::move(later.tasks));
  append(earlier.frames, std::move(later.frames));
  later.frames = std::move(earlier.frames);
  append(earlier.stacks, std::move(later.stacks));
  later.stacks = std::move(earlier.stacks);
  later.retransmits = merge_retransmits(earlier.retransmits, later.retransmits);
  later.delays = merge_delays(earlier.delays, later.delays);
  later.cgroup_paths.merge(earlier.cgroup_paths);
  later.user_names.merge(earlier.user_names);
  later.container_names.merge(earlier.container_names);
  return later;
}

Result<std::optional<Sample>> next_spanning(SampleSource& source, std::uint64_t begin_ns,
                                            std::optional<std::chrono::nanoseconds> span,
                                            std::chrono::nanoseconds slack) {
  std::optional<Sample> merged;
  std::chrono::nanoseconds left = span.value_or(std::chrono::nanoseconds(0));
  for (;;) {
    auto sample = source.next(left);
    if (!sample) return tl::unexpected(sample.error());
    if (!*sample) return merged;
    const std::uint64_t now_ns = (*sample)->monotonic_ns;
    merged = merged ? merge_samples(std::move(*merged), std::move(**sample)) : std::move(**sample);
    if (source.interrupted()) return merged;
    if (!span) continue;
    left = *span - std::chrono::nanoseconds(now_ns - begin_ns);
    if (left <= std::max(slack, source.slack())) return merged;
  }
}

}  // namespace culprit
