// SPDX-License-Identifier: Apache-2.0
#include "model/lookup_rows.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "model/call_sums.h"
#include "model/log_histogram.h"

namespace culprit {
namespace {

constexpr std::size_t kMostRows = 200, kMostNames = 10;

struct NameSums {
  std::uint64_t lookups = 0, failures = 0, total_ns = 0;
};

struct Sums {
  std::uint64_t lookups = 0, failures = 0, unanswered = 0, not_found = 0, total_ns = 0;
  LogHistogram latency;
  std::map<std::string_view, NameSums> names;

  void note(const LookupReading& reading) {
    const std::uint64_t ns = increase(reading.start_ns, reading.end_ns);
    const bool unanswered_now = reading.outcome == LookupOutcome::kUnanswered;
    lookups++;
    total_ns += ns;
    failures += reading.outcome == LookupOutcome::kFailed;
    not_found += reading.outcome == LookupOutcome::kNotFound;
    unanswered += unanswered_now;
    if (!unanswered_now) latency.add(ns);
    NameSums& name = names[reading.name];
    name.lookups++;
    name.total_ns += ns;
    name.failures += unanswered_now || reading.outcome == LookupOutcome::kFailed;
  }
};

ProcessName name_of(const LookupReading& reading, const ProcessTable& processes) {
  ProcessName process{{reading.pid, reading.process_start_time_ns}, ""};
  const auto found = processes.processes().find(reading.pid);
  if (found != processes.processes().end() && found->second.id == process.id)
    process.name = found->second.name;
  return process;
}

std::vector<LookupRow::Name> names_of(const Sums& sums) {
  std::vector<LookupRow::Name> names;
  for (const auto& [name, of_name] : sums.names)
    names.push_back(
        {std::string(name), of_name.lookups, of_name.failures, seconds_of(of_name.total_ns)});
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  if (names.size() > kMostNames) names.resize(kMostNames);
  return names;
}

}  // namespace

std::vector<LookupRow> make_lookup_rows(const std::vector<LookupReading>& lookups,
                                        const ProcessTable& processes) {
  using Key = std::tuple<std::uint32_t, std::uint64_t, std::string_view>;
  std::map<Key, Sums> sums;
  std::map<Key, ProcessName> askers;
  for (const LookupReading& reading : lookups) {
    const Key key{reading.pid, reading.process_start_time_ns, reading.server};
    sums[key].note(reading);
    askers.try_emplace(key, name_of(reading, processes));
  }
  std::vector<std::pair<std::uint64_t, LookupRow>> ranked;
  for (const auto& [key, of_key] : sums) {
    LookupRow row;
    row.process = askers[key];
    row.server = std::get<2>(key);
    row.lookups = of_key.lookups;
    row.failures = of_key.failures;
    row.unanswered = of_key.unanswered;
    row.not_found = of_key.not_found;
    row.latency = of_key.latency.latency();
    row.names = names_of(of_key);
    ranked.emplace_back(of_key.total_ns, std::move(row));
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (ranked.size() > kMostRows) ranked.resize(kMostRows);
  std::vector<LookupRow> rows;
  for (auto& [total_ns, row] : ranked) rows.push_back(std::move(row));
  return rows;
}

}  // namespace culprit
