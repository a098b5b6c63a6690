// SPDX-License-Identifier: Apache-2.0
#include "store/history_trends.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "store/history_rollup.h"
#include "store/history_series.h"
#include "store/history_words.h"

namespace culprit {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000, kHour = 60 * kMinute;
constexpr std::int64_t kMostPoints = 1000;
constexpr std::size_t kLeastTicks = 200;
constexpr std::size_t kMostCauses = 5;
/// A thing that began in this time around a jump may be why.
constexpr std::int64_t kBefore = 20 * kMinute, kAfter = 15 * kMinute;
constexpr double kMuchCpu = 0.05;  // of one CPU: less is no cause

std::int64_t step_of(const TimeSpan& span) {
  const std::int64_t step = (span.until_ns - span.since_ns) / kMostPoints / kMinute * kMinute;
  return std::clamp(step, kMinute, 10 * kMinute);
}

Result<std::optional<HistoryTick>> sum_of(HistoryReader& reader, TimeSpan span) {
  HistoryRollup rollup;
  const Status read = reader.range(span, kLeastTicks / 4, HistoryDetail::kAll,
                                   [&](HistoryTick&& tick) { rollup.add(tick); });
  if (!read) return tl::unexpected<Error>(read.error());
  return rollup.take();
}

/// The number by which rows of a kind are held against one another, per second.
double weight(const HistoryRow& row, HistoryKind kind, double seconds) {
  const bool by_time = kind == HistoryKind::kQuery || kind == HistoryKind::kEndpoint;
  const auto amount = history_value(row, kind, by_time ? "seconds" : "cpu_seconds");
  return seconds > 0 ? amount.value_or(0) / seconds : 0;
}

std::map<const HistoryName*, double> weights(const std::optional<HistoryTick>& tick,
                                             HistoryKind kind) {
  std::map<const HistoryName*, double> found;
  if (tick)
    for (const HistoryRow& row : tick->table(kind).rows)
      found[row.name.get()] += weight(row, kind, tick->seconds);
  return found;
}

struct Candidate {
  double weight = 0;
  TrendCause cause;
};

std::string percent_of_cpu(double share) {
  return std::to_string(std::lround(std::fabs(share) * 100)) + " % of a CPU";
}

/// What was met for the first time, and was worth something.
Status add_new(HistoryReader& reader, const TimeSpan& around, const HistoryTick& after,
               std::vector<Candidate>& found) {
  const auto seen = reader.first_seen(around);
  if (!seen) return tl::unexpected<Error>(seen.error());
  for (const FirstSeen& one : *seen) {
    const HistoryKind kind = one.name->kind;
    if (kind == HistoryKind::kDisk || kind == HistoryKind::kUnit) continue;
    for (const HistoryRow& row : after.table(kind).rows)
      if (row.name->texts == one.name->texts)
        found.push_back({weight(row, kind, after.seconds) + 1e-6,
                         {std::string(history_kind_name(kind)), history_title(*one.name),
                          "had not been seen before"}});
  }
  return {};
}

/// Processes that use much more or less of the CPUs than before.
void add_changed(const std::optional<HistoryTick>& before, const std::optional<HistoryTick>& after,
                 std::vector<Candidate>& found) {
  auto was = weights(before, HistoryKind::kProcess);
  const auto is = weights(after, HistoryKind::kProcess);
  for (const auto& [name, share] : is) {
    const auto known = was.find(name);
    const double change = share - (known != was.end() ? known->second : 0);
    if (known != was.end()) was.erase(known);
    if (std::fabs(change) >= kMuchCpu)
      found.push_back({std::fabs(change),
                       {"process", history_title(*name),
                        "used " + percent_of_cpu(change) + (change > 0 ? " more" : " less")}});
  }
  for (const auto& [name, share] : was)
    if (share >= kMuchCpu)
      found.push_back({share,
                       {"process", history_title(*name),
                        "ended or did nothing; it had used " + percent_of_cpu(share)}});
}

Status add_findings(HistoryReader& reader, const TimeSpan& around, std::vector<Candidate>& found) {
  const auto findings = reader.findings(around);
  if (!findings) return tl::unexpected<Error>(findings.error());
  for (const HistoryFinding& finding : *findings)
    if (finding.since_ns >= around.since_ns && finding.severity != Severity::kInfo)
      found.push_back({0, {"finding", finding.id, finding.summary}});
  return {};
}

Status add_actions(HistoryReader& reader, const TimeSpan& around, std::vector<Candidate>& found) {
  const auto actions = reader.actions(around);
  if (!actions) return tl::unexpected<Error>(actions.error());
  for (const HistoryAction& action : *actions)
    found.push_back({INFINITY, {"action", action.id, "on " + action.target}});
  return {};
}

Status find_causes(HistoryReader& reader, const TimeSpan& held, LevelShift& shift) {
  const std::int64_t at = shift.time_ns;
  const TimeSpan around{at - kBefore, at + kAfter};
  const auto before = sum_of(reader, {std::max(held.since_ns, at - kHour), at - kMinute});
  if (!before) return tl::unexpected<Error>(before.error());
  const auto after = sum_of(reader, {at + kMinute, at + kHour});
  if (!after) return tl::unexpected<Error>(after.error());
  std::vector<Candidate> found;
  // At the begin of a history everything is new.
  if (*after && held.since_ns < at - kHour)
    if (const Status added = add_new(reader, around, **after, found); !added) return added;
  if (*before && *after) add_changed(*before, *after, found);
  if (const Status added = add_actions(reader, around, found); !added) return added;
  if (const Status added = add_findings(reader, around, found); !added) return added;
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
  for (Candidate& one : found) {
    if (shift.causes.size() == kMostCauses) break;
    const bool told =
        std::any_of(shift.causes.begin(), shift.causes.end(),
                    [&](const TrendCause& cause) { return cause.name == one.cause.name; });
    if (!told) shift.causes.push_back(std::move(one.cause));
  }
  return {};
}

}  // namespace

Result<HistoryTrends> read_trends(HistoryReader& reader, TimeSpan span, int zone_seconds) {
  HistoryTrends found;
  auto host = reader.host();
  if (!host) return tl::unexpected<Error>(host.error());
  found.host = std::move(*host);
  const auto all = reader.span();
  if (!all) return tl::unexpected<Error>(all.error());
  if (!*all) return found;
  span.since_ns = std::max(span.since_ns, (*all)->since_ns);
  span.until_ns = std::min(span.until_ns, (*all)->until_ns);
  if (span.since_ns >= span.until_ns) return found;
  found.span = span;
  HistorySeries series(step_of(span));
  const Status read = reader.range(span, kLeastTicks, HistoryDetail::kAll, [&](HistoryTick&& tick) {
    found.watched_seconds += tick.seconds;
    series.add(tick);
  });
  if (!read) return tl::unexpected<Error>(read.error());
  for (TrendSeries& one : series.take()) {
    Trend trend = find_trend(one, zone_seconds);
    for (LevelShift& shift : trend.shifts)
      if (const Status told = find_causes(reader, **all, shift); !told)
        return tl::unexpected<Error>(told.error());
    found.trends.push_back({std::move(one), std::move(trend)});
  }
  return found;
}

}  // namespace culprit
