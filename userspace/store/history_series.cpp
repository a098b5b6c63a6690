// SPDX-License-Identifier: Apache-2.0
#include "store/history_series.h"

#include "store/history_words.h"

namespace culprit {
namespace {

using Number = std::optional<double>;
using Meaning = TrendMeaning;

/// A number of the host as it is kept, and how to look at it.
struct HostSeries {
  std::string_view metric, kept, unit;
  Meaning meaning = Meaning::kLoad;
  double least_change = 0;
  bool limited = false;  ///< cannot go beyond 1
};

constexpr HostSeries kOfHost[] = {
    {"score", "score", "points", Meaning::kHigherBetter, 3},
    {"cpu.utilization_ratio", "cpu.utilization_ratio", "ratio", Meaning::kLoad, 0.02, true},
    {"cpu.steal_ratio", "cpu.steal_seconds", "seconds per second", Meaning::kLowerBetter, 0.02},
    {"run_queue.wait_ratio", "run_queue.wait_seconds", "seconds per second", Meaning::kLowerBetter,
     0.02},
    {"memory.used_ratio", "memory.used_ratio", "ratio", Meaning::kLoad, 0.01, true},
    {"memory.swap_used_bytes", "memory.swap_used_bytes", "bytes", Meaning::kLowerBetter, 16e6},
    {"pressure.cpu.some_ratio", "pressure.cpu.some_ratio", "ratio", Meaning::kLowerBetter, 0.02},
    {"pressure.memory.some_ratio", "pressure.memory.some_ratio", "ratio", Meaning::kLowerBetter,
     0.01},
    {"pressure.io.some_ratio", "pressure.io.some_ratio", "ratio", Meaning::kLowerBetter, 0.02},
    {"network.receive_bytes_per_second", "network.receive_bytes", "bytes per second",
     Meaning::kLoad, 10e3},
    {"network.transmit_bytes_per_second", "network.transmit_bytes", "bytes per second",
     Meaning::kLoad, 10e3},
    {"network.retransmits_per_second", "network.retransmits", "1 per second", Meaning::kLowerBetter,
     0.5},
    {"processes.count", "processes.count", "processes", Meaning::kLoad, 3},
    {"findings", "findings", "findings", Meaning::kLowerBetter, 0.5},
};

TrendSeries kind_of(std::string metric, std::string_view unit, Meaning meaning, double least_change,
                    bool limited = false) {
  TrendSeries series;
  series.metric = std::move(metric);
  series.unit = unit;
  series.meaning = meaning;
  series.least_change = least_change;
  if (limited) series.limit = 1;
  return series;
}

/// A number of all rows of a kind, the rest included; absent where none has it.
Number total(const HistoryTick& tick, HistoryKind kind, std::string_view id) {
  Number sum;
  const auto add = [&](const HistoryRow& row) {
    if (const auto value = history_value(row, kind, id)) sum = sum.value_or(0) + *value;
  };
  const HistoryTable& table = tick.table(kind);
  for (const HistoryRow& row : table.rows) add(row);
  if (table.rest) add(*table.rest);
  return sum;
}

}  // namespace

void HistorySeries::add(const std::string& key, TrendSeries kind, Fraction fraction) {
  if (fraction.of <= 0) return;
  if (series_.try_emplace(key, std::move(kind)).second) order_.push_back(key);
  Fraction& sum = current_[key];
  sum.amount += fraction.amount;
  sum.of += fraction.of;
}

void HistorySeries::end_point() {
  for (const auto& [key, fraction] : current_)
    series_[key].points.push_back(
        {point_ * step_ns_ + step_ns_ / 2, fraction.amount / fraction.of});
  current_.clear();
}

void HistorySeries::add(const HistoryTick& tick) {
  const std::int64_t point = (tick.start_ns + (tick.end_ns - tick.start_ns) / 2) / step_ns_;
  if (point != point_) end_point();
  point_ = point;
  const double seconds = tick.seconds;
  if (const HistoryRow* host = tick.host())
    for (const HostSeries& one : kOfHost) {
      const auto place = history_metric(HistoryKind::kHost, one.kept);
      const Number value = place ? host->values[*place] : std::nullopt;
      if (!value) continue;
      const bool amount = history_metrics(HistoryKind::kHost)[*place].merge == HistoryMerge::kSum;
      add(std::string(one.metric),
          kind_of(std::string(one.metric), one.unit, one.meaning, one.least_change, one.limited),
          {amount ? *value : *value * seconds, seconds});
    }
  if (const auto busy = disk_ratio(tick))
    add("disk.busy_ratio", kind_of("disk.busy_ratio", "ratio", Meaning::kLoad, 0.03, true),
        {*busy * seconds, seconds});
  const auto of_all = [&](std::string metric, std::string_view unit, Meaning meaning, double least,
                          HistoryKind kind, std::string_view amount, std::string_view of) {
    const Number above = total(tick, kind, amount);
    const Number below = of.empty() ? Number(seconds) : total(tick, kind, of);
    if (above && below) add(metric, kind_of(metric, unit, meaning, least), {*above, *below});
  };
  using Kind = HistoryKind;
  of_all("requests_per_second", "1 per second", Meaning::kLoad, 0.5, Kind::kEndpoint, "requests",
         "");
  of_all("requests.mean_seconds", "seconds", Meaning::kLowerBetter, 0.002, Kind::kEndpoint,
         "seconds", "requests");
  of_all("requests.error_ratio", "ratio", Meaning::kLowerBetter, 0.005, Kind::kEndpoint, "errors",
         "requests");
  of_all("calls_per_second", "1 per second", Meaning::kLoad, 0.5, Kind::kDatabase, "operations",
         "");
  for (const HistoryRow& row : tick.table(Kind::kDatabase).rows) {
    const auto operations = history_value(row, Kind::kDatabase, "operations");
    const auto spent = history_value(row, Kind::kDatabase, "seconds");
    if (!operations || !spent) continue;
    const std::string metric = "database.mean_seconds " + history_title(*row.name);
    add(metric, kind_of(metric, "seconds", Meaning::kLowerBetter, 0.0005), {*spent, *operations});
  }
  for (const HistoryRow& row : tick.table(Kind::kFilesystem).rows) {
    const auto used = history_value(row, Kind::kFilesystem, "used_ratio");
    if (!used) continue;
    const std::string metric = "filesystem.used_ratio " + history_title(*row.name);
    add(metric, kind_of(metric, "ratio", Meaning::kLoad, 0.01, true), {*used * seconds, seconds});
  }
}

std::vector<TrendSeries> HistorySeries::take() {
  end_point();
  std::vector<TrendSeries> taken;
  for (const std::string& key : order_) taken.push_back(std::move(series_[key]));
  series_.clear();
  order_.clear();
  return taken;
}

}  // namespace culprit
