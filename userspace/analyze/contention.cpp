// SPDX-License-Identifier: Apache-2.0
#include "analyze/contention.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "analyze/situation.h"
#include "model/key_hash.h"

namespace culprit {
namespace {

/// A victim is one that waited so long behind a suspect, as a share of the interval.
constexpr double kFeltDelay = 0.01;
/// Of what the busiest uses: who uses less does not stand for the rest.
constexpr double kMuch = 0.5;
constexpr int kGenerations = 8;

/// Cgroup and name; "" for a name is all of a service. Views of a row.
using GroupName = std::pair<std::string_view, std::string_view>;

struct GroupNameHash {
  std::size_t operator()(const GroupName& name) const {
    const std::hash<std::string_view> hash;
    return hash_numbers(hash(name.first), hash(name.second));
  }
};

struct Delay {
  const ProcessRow* victim = nullptr;
  double seconds = 0;
};

struct Group {
  std::vector<const ProcessRow*> members;
  std::vector<Delay> delays;  ///< behind them; of a victim one

  void add(const ProcessRow& victim, double seconds) {
    if (delays.empty() || delays.back().victim != &victim) delays.push_back({&victim, 0});
    delays.back().seconds += seconds;
  }

  void join(Group&& other) {
    if (members.empty()) {
      *this = std::move(other);
      return;
    }
    members.insert(members.end(), other.members.begin(), other.members.end());
    delays.insert(delays.end(), other.delays.begin(), other.delays.end());
    std::stable_sort(delays.begin(), delays.end(),
                     [](const Delay& a, const Delay& b) { return a.victim < b.victim; });
    auto last = delays.begin();
    for (auto next = std::next(last); next != delays.end(); ++next)
      if (next->victim == last->victim)
        last->seconds += next->seconds;
      else
        *++last = *next;
    delays.erase(std::next(last), delays.end());
  }
};

class Groups {
 public:
  explicit Groups(const Situation& situation) : situation_(situation) {
    const auto& rows = situation.snapshot().processes;
    for (const ProcessRow& row : rows)
      if (row.cgroup && situation.answers(row)) answering_.insert(*row.cgroup);
    of_row_.resize(rows.size(), kNone);
    for (const ProcessRow& row : rows)
      if (row.usage.cpu_seconds > 0) group_of(row);
    for (const ProcessRow& row : rows)
      if (situation.answers(row)) note_delays(row);
  }

  /// Of what ran; those behind whom somebody waited, or not.
  std::vector<Group> take() { return std::move(groups_); }

  /// Who stands for them, and is the same from one interval to the next: the oldest of those that
  /// use much, or who starts them where most are gone at the end. nullptr when there is nobody.
  const ProcessRow* suspect_of(const Group& group) const {
    double gone = 0, all = 0, most = 0;
    std::map<const ProcessRow*, double> starters;
    for (const ProcessRow* member : group.members) {
      const double seconds = member->usage.cpu_seconds;
      all += seconds;
      most = std::max(most, seconds);
      if (!member->exited) continue;
      gone += seconds;
      if (const ProcessRow* starter = starter_of(*member)) starters[starter] += seconds;
    }
    if (gone > kMuch * all && !starters.empty())
      return std::max_element(starters.begin(), starters.end(),
                              [](const auto& a, const auto& b) { return a.second < b.second; })
          ->first;
    const ProcessRow* oldest = nullptr;
    for (const ProcessRow* member : group.members)
      if (member->usage.cpu_seconds >= kMuch * most &&
          (!oldest || member->id.start_time_ns < oldest->id.start_time_ns))
        oldest = member;
    return oldest;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// Which it joins if it has not yet.
  Group& group_of(const ProcessRow& row) {
    std::size_t& place =
        of_row_[static_cast<std::size_t>(&row - situation_.snapshot().processes.data())];
    if (place == kNone) {
      place = places_.try_emplace(name_of(row), groups_.size()).first->second;
      if (place == groups_.size()) groups_.emplace_back();
      groups_[place].members.push_back(&row);
    }
    return groups_[place];
  }

  void note_delays(const ProcessRow& victim) {
    for (const DelayedBy& delay : victim.delayed_by) {
      const ProcessRow* suspect = situation_.holder(delay.pid);
      if (!suspect || suspect->kernel_thread || delay.pid == victim.id.pid) continue;
      if (suspect->cgroup == victim.cgroup && suspect->name == victim.name) continue;
      group_of(*suspect).add(victim, delay.seconds);
    }
  }

  GroupName name_of(const ProcessRow& row) const {
    if (!row.cgroup) return {std::string_view(), row.name};
    const bool whole =
        row.unit && row.unit->ends_with(".service") && !answering_.contains(*row.cgroup);
    return {*row.cgroup, whole ? std::string_view() : std::string_view(row.name)};
  }

  /// The next ancestor in the same cgroup that goes on and answers nothing.
  const ProcessRow* starter_of(const ProcessRow& gone) const {
    const ProcessRow* row = &gone;
    for (int generation = 0; generation < kGenerations; ++generation) {
      row = situation_.holder(row->parent_pid);
      if (!row || row->id.pid <= 1 || row->kernel_thread || row->cgroup != gone.cgroup ||
          situation_.answers(*row))
        return nullptr;
      if (!row->exited) return row;
    }
    return nullptr;
  }

  const Situation& situation_;
  std::unordered_set<std::string_view> answering_;  ///< cgroups
  std::vector<Group> groups_;
  std::unordered_map<GroupName, std::size_t, GroupNameHash> places_;  ///< in groups_
  std::vector<std::size_t> of_row_;  ///< which group a row of the snapshot is in, or kNone
};

/// Without victims when nobody waited long enough.
ContentionRow row_of(const ProcessRow* suspect, const Group& group, double seconds_of_interval) {
  ContentionRow row;
  row.suspect = suspect;
  row.processes = group.members.size();
  for (const ProcessRow* member : group.members) row.cpu_seconds += member->usage.cpu_seconds;
  std::vector<Delay> felt;
  std::copy_if(
      group.delays.begin(), group.delays.end(), std::back_inserter(felt),
      [&](const Delay& delay) { return delay.seconds >= kFeltDelay * seconds_of_interval; });
  std::stable_sort(felt.begin(), felt.end(),
                   [](const Delay& a, const Delay& b) { return a.seconds > b.seconds; });
  for (const auto& [victim, seconds] : felt) {
    row.victims.push_back(victim);
    row.delay_seconds += seconds;
    const double wait = std::max(victim->usage.run_queue_seconds.value_or(seconds), seconds);
    if (seconds / wait <= row.victim_share) continue;
    row.victim_share = seconds / wait;
    row.victim_wait_ratio = wait / seconds_of_interval;
  }
  return row;
}

}  // namespace

std::vector<ContentionRow> find_contention(const Situation& situation) {
  Groups groups(situation);
  // Names of one starter are one.
  std::map<ProcessId, std::pair<const ProcessRow*, Group>> by_suspect;
  for (Group& group : groups.take()) {
    if (group.delays.empty()) continue;
    const ProcessRow* suspect = groups.suspect_of(group);
    if (!suspect) continue;
    auto& [standing, joined] = by_suspect[suspect->id];
    standing = suspect;
    joined.join(std::move(group));
  }
  std::vector<ContentionRow> rows;
  for (const auto& [id, suspect] : by_suspect) {
    ContentionRow row = row_of(suspect.first, suspect.second, situation.seconds());
    if (!row.victims.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace culprit
