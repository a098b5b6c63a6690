// SPDX-License-Identifier: Apache-2.0
#include "model/start_groups.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/counter.h"

namespace culprit {
namespace {

constexpr double kPartOfTimes = 0.6;  // in so many of the times a task has to be there
constexpr double kLatestWeight = 0.01;
constexpr std::size_t kMostGroups = 4, kMostTried = 32;
constexpr std::size_t kMostTasks = 64;  // that start at one time
constexpr double kGapsRemembered = 3;
constexpr std::uint64_t kIntervalsKeptNs = 4 * StartGroups::kEffectNs;

}  // namespace

/// The tasks of `open_` are all that started together.
void StartGroups::close_time() {
  if (open_.tasks.size() >= kFewestTasks) {
    times_.push_back(std::move(open_));
    if (times_.size() > kMostTimes) times_.pop_front();
  }
  open_ = {};
}

/// It has started a short while ago already.
bool StartGroups::is_frequent(const TaskStart& start) {
  if (last_starts_.size() > kMostRemembered) last_starts_.clear();
  const auto [known, is_new] = last_starts_.try_emplace(start.task.id, start.start_ns);
  if (is_new) return false;
  const double gap = seconds_between(known->second, start.start_ns);
  known->second = start.start_ns;
  return gap < kShortestPeriodSeconds;
}

void StartGroups::advance(std::vector<TaskStart> starts, double wait_ratio, std::uint64_t begin_ns,
                          std::uint64_t now_ns) {
  std::stable_sort(starts.begin(), starts.end(),
                   [](const TaskStart& a, const TaskStart& b) { return a.start_ns < b.start_ns; });
  for (TaskStart& start : starts) {
    if (is_frequent(start)) continue;
    if (open_.first_ns && start.start_ns > open_.first_ns + kTogetherNs) close_time();
    if (!open_.first_ns) open_.first_ns = start.start_ns;
    if (open_.tasks.size() >= kMostTasks) continue;
    open_.last_ns = std::max(open_.last_ns, start.start_ns);
    open_.tasks.emplace(start.task.id, std::move(start.task));
  }
  if (open_.first_ns && now_ns > open_.first_ns + kTogetherNs) close_time();
  intervals_.push_back({begin_ns, now_ns, wait_ratio});
  for (Time& time : times_)
    if (begin_ns < time.first_ns + kEffectNs)
      for (const Interval& interval : intervals_)
        if (interval.end_ns > time.first_ns && interval.begin_ns < time.first_ns + kEffectNs)
          time.wait_ratio = std::max(time.wait_ratio, interval.wait_ratio);
  let_go(now_ns);
}

/// Intervals that are past count for the time in which nothing starts together, or not at all.
void StartGroups::let_go(std::uint64_t now_ns) {
  while (!intervals_.empty() && intervals_.front().end_ns + kIntervalsKeptNs < now_ns) {
    const Interval interval = intervals_.front();
    intervals_.pop_front();
    const bool is_then = std::any_of(times_.begin(), times_.end(), [&](const Time& time) {
      return interval.end_ns > time.first_ns && interval.begin_ns < time.first_ns + kEffectNs;
    });
    if (is_then) continue;
    else_ratio_ = else_known_ ? else_ratio_ + kLatestWeight * (interval.wait_ratio - else_ratio_)
                              : interval.wait_ratio;
    else_known_ = true;
  }
}

/// False when they have not started together for much longer than they usually do.
bool StartGroups::is_current(const std::vector<const Time*>& times, std::uint64_t now_ns) const {
  const std::uint64_t first_ns = times.front()->first_ns, last_ns = times.back()->first_ns;
  const double gap =
      static_cast<double>(increase(first_ns, last_ns)) / static_cast<double>(times.size() - 1);
  return static_cast<double>(increase(last_ns, now_ns)) <= kGapsRemembered * gap;
}

StartGroupRow StartGroups::row_of(const std::vector<const Time*>& times,
                                  const std::set<std::string>& members) const {
  StartGroupRow row;
  row.times = times.size();
  row.wait_ratio_else = else_ratio_;
  for (const Time* time : times) {
    row.spread_seconds += seconds_between(time->first_ns, time->last_ns);
    row.wait_ratio_then += time->wait_ratio;
  }
  row.spread_seconds /= static_cast<double>(times.size());
  row.wait_ratio_then /= static_cast<double>(times.size());
  for (auto time = times.rbegin(); time != times.rend(); ++time)
    for (const auto& entry : (*time)->tasks) {
      const StartGroupRow::Member& task = entry.second;
      const auto same = [&](const StartGroupRow::Member& member) { return member.id == task.id; };
      if (members.count(entry.first) && std::none_of(row.members.begin(), row.members.end(), same))
        row.members.push_back(task);
    }
  std::sort(row.members.begin(), row.members.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.id) < std::tie(b.name, b.id);
  });
  return row;
}

std::vector<StartGroupRow> StartGroups::rows(std::uint64_t now_ns) const {
  std::vector<StartGroupRow> rows;
  if (!else_known_) return rows;  // nothing to hold the waits against
  std::vector<const Time*> left;
  for (const Time& time : times_) left.push_back(&time);
  std::set<std::string> tried;  // that start with nobody in particular
  while (left.size() >= kFewestTimes && rows.size() < kMostGroups && tried.size() < kMostTried) {
    std::map<std::string, std::size_t> counts;
    for (const Time* time : left)
      for (const auto& [id, task] : time->tasks)
        if (!tried.count(id)) ++counts[id];
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == counts.end() || most->second < kFewestTimes) break;
    const std::string leader = most->first;
    std::vector<const Time*> times;
    for (const Time* time : left)
      if (time->tasks.count(leader)) times.push_back(time);
    std::set<std::string> members;
    for (const auto& [id, count] : counts) {
      const auto with_leader = static_cast<std::size_t>(
          std::count_if(times.begin(), times.end(),
                        [&, name = id](const Time* time) { return time->tasks.count(name) > 0; }));
      if (with_leader >= kFewestTimes &&
          static_cast<double>(with_leader) >= kPartOfTimes * static_cast<double>(times.size()))
        members.insert(id);
    }
    tried.insert(leader);
    if (members.size() < kFewestTasks) continue;
    if (is_current(times, now_ns)) rows.push_back(row_of(times, members));
    std::erase_if(left, [&](const Time* time) { return time->tasks.count(leader) > 0; });
  }
  return rows;
}

}  // namespace culprit
