// SPDX-License-Identifier: Apache-2.0
#include "store/history_rollup.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace culprit {
namespace {

/// Rows of one kind in an interval that is being merged; those that come later are of the rest.
constexpr std::size_t kMostRows = 4096;

using Number = std::optional<double>;

void add_number(Number& sum, const Number& part) {
  if (part) sum = sum.value_or(0) + *part;
}

void add_latency(std::optional<Latency>& sum, const std::optional<Latency>& part) {
  if (!part) return;
  if (sum)
    merge(*sum, *part);
  else
    sum = part;
}

void take_busiest(HistoryRow& row, const HistoryRow& other, bool adds_up) {
  if (row.pid == other.pid && row.start_time_ns == other.start_time_ns) {
    row.busiest_seconds = adds_up ? row.busiest_seconds + other.busiest_seconds
                                  : std::max(row.busiest_seconds, other.busiest_seconds);
  } else if (other.busiest_seconds > row.busiest_seconds) {
    row.pid = other.pid;
    row.start_time_ns = other.start_time_ns;
    row.busiest_seconds = other.busiest_seconds;
  }
}

/// Of disks and filesystems a 0 is told, too: there are few of them, and they stay.
bool stays(HistoryKind kind) {
  return kind == HistoryKind::kDisk || kind == HistoryKind::kFilesystem;
}

/// Marks those that have the most of a number.
void mark_leaders(const std::vector<HistoryRow>& rows, HistoryKind kind, std::size_t metric,
                  std::vector<bool>& marked) {
  const unsigned leaders = history_metrics(kind)[metric].leaders;
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t place = 0; place < rows.size(); place++) {
    const auto& values = rows[place].values;
    if (metric < values.size() && values[metric] && (stays(kind) || *values[metric] > 0))
      ranked.emplace_back(-*values[metric], place);
  }
  const std::size_t count = std::min<std::size_t>(leaders, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                    ranked.end());
  for (std::size_t i = 0; i < count; i++) marked[ranked[i].second] = true;
}

void add_to_rest(std::optional<HistoryRow>& rest, HistoryRow row, HistoryKind kind) {
  if (rest) {
    join(*rest, row, kind);
    return;
  }
  row.name = nullptr;
  row.pid = 0;
  row.start_time_ns = 0;
  rest = std::move(row);
}

void cut(HistoryTable& table, HistoryKind kind) {
  const auto metrics = history_metrics(kind);
  std::vector<bool> marked(table.rows.size());
  for (std::size_t metric = 0; metric < metrics.size(); metric++)
    if (metrics[metric].leaders > 0) mark_leaders(table.rows, kind, metric, marked);
  std::vector<HistoryRow> kept;
  for (std::size_t place = 0; place < table.rows.size(); place++) {
    HistoryRow& row = table.rows[place];
    if (marked[place]) {
      kept.push_back(std::move(row));
    } else if (kind != HistoryKind::kUnit) {  // a unit is in those that it lies in
      add_to_rest(table.rest, std::move(row), kind);
    }
  }
  table.rows = std::move(kept);
}

}  // namespace

void join(HistoryRow& row, const HistoryRow& other, HistoryKind kind) {
  const auto metrics = history_metrics(kind);
  row.values.resize(metrics.size());
  const double all = std::max(row.seconds, other.seconds);
  for (std::size_t i = 0; i < std::min(metrics.size(), other.values.size()); i++) {
    // A state that held for a part of the time only counts for that part.
    const bool weigh = metrics[i].merge == HistoryMerge::kMean && row.seconds != other.seconds;
    if (weigh && row.values[i]) *row.values[i] *= row.seconds / all;
    if (const Number& part = other.values[i])
      add_number(row.values[i], weigh ? *part * other.seconds / all : *part);
  }
  row.seconds = all;
  add_latency(row.latency, other.latency);
  if (row.name) take_busiest(row, other, false);
}

void follow(HistoryRow& row, const HistoryRow& later, HistoryKind kind) {
  const auto metrics = history_metrics(kind);
  row.values.resize(metrics.size());
  const double all = row.seconds + later.seconds;
  for (std::size_t i = 0; i < std::min(metrics.size(), later.values.size()); i++) {
    const Number& next = later.values[i];
    if (metrics[i].merge == HistoryMerge::kSum)
      add_number(row.values[i], next);
    else if (row.values[i] && next && all > 0)
      row.values[i] = (*row.values[i] * row.seconds + *next * later.seconds) / all;
    else if (next)
      row.values[i] = next;
  }
  row.seconds = all;
  add_latency(row.latency, later.latency);
  if (row.name) take_busiest(row, later, true);
}

void cut_to_leaders(HistoryTick& tick) {
  for (std::size_t kind = 0; kind < kHistoryKinds; kind++)
    if (kind != static_cast<std::size_t>(HistoryKind::kHost))
      cut(tick.tables[kind], static_cast<HistoryKind>(kind));
}

void HistoryRollup::add(const HistoryTick& tick) {
  if (!sum_) {
    sum_.emplace();
    sum_->start_ns = tick.start_ns;
    sum_->end_ns = tick.end_ns;
  }
  sum_->start_ns = std::min(sum_->start_ns, tick.start_ns);
  sum_->end_ns = std::max(sum_->end_ns, tick.end_ns);
  sum_->seconds += tick.seconds;
  for (std::size_t kind = 0; kind < kHistoryKinds; kind++)
    add_table(static_cast<HistoryKind>(kind), tick.tables[kind]);
}

void HistoryRollup::add_table(HistoryKind kind, const HistoryTable& from) {
  HistoryTable& table = sum_->table(kind);
  auto& places = places_[static_cast<std::size_t>(kind)];
  std::optional<HistoryRow> rest = from.rest;
  for (const HistoryRow& row : from.rows) {
    const auto found = places.find(row.name.get());
    if (found != places.end()) {
      follow(table.rows[found->second], row, kind);
    } else if (table.rows.size() < kMostRows) {
      places.emplace(row.name.get(), table.rows.size());
      table.rows.push_back(row);
    } else {
      add_to_rest(rest, row, kind);
    }
  }
  if (rest && table.rest)
    follow(*table.rest, *rest, kind);
  else if (rest)
    table.rest = std::move(rest);
}

std::optional<HistoryTick> HistoryRollup::take() {
  if (!sum_) return std::nullopt;
  std::optional<HistoryTick> tick = std::exchange(sum_, std::nullopt);
  for (auto& places : places_) places.clear();
  cut_to_leaders(*tick);
  return tick;
}

}  // namespace culprit
