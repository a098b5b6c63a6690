// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/latency.h"

namespace culprit {

/// Kinds of rows that history keeps. The numbers are in files and never reused.
enum class HistoryKind : std::uint8_t {
  kHost,
  kDisk,
  kFilesystem,
  kUnit,
  kProcess,
  kTask,
  kQuery,
  kEndpoint,
  kDatabase,
  kService,
};
inline constexpr std::size_t kHistoryKinds = 10;

/// What a row is about, by the texts that tell it from others of its kind; one object for all
/// rows that are about it.
struct HistoryName {
  HistoryKind kind = HistoryKind::kHost;
  std::vector<std::string> texts;  ///< as history_texts() calls them; "" not known
};
using HistoryNamePtr = std::shared_ptr<const HistoryName>;

/// How numbers of several intervals become one.
enum class HistoryMerge : std::uint8_t {
  kSum,
  kMean,  ///< weighted by the time in which the row was there
};

/// One number of a kind of row.
struct HistoryMetric {
  std::string_view id;
  HistoryMerge merge = HistoryMerge::kSum;
  double step = 1;       ///< to what it is rounded when it is kept
  unsigned leaders = 0;  ///< so many rows that have the most of it are kept
};

/// One row of an interval. Processes of one name are one row.
struct HistoryRow {
  HistoryNamePtr name;                        ///< null: the host, or the rest
  double seconds = 0;                         ///< in which it was there
  std::uint32_t pid = 0;                      ///< of a process: the busiest of that name
  std::uint64_t start_time_ns = 0;            ///< its start
  double busiest_seconds = 0;                 ///< its CPU time
  std::vector<std::optional<double>> values;  ///< as history_metrics() lists them
  std::optional<Latency> latency;
};

struct HistoryTable {
  std::vector<HistoryRow> rows;
  std::optional<HistoryRow> rest;  ///< all others in one; absent: there were none
};

/// What history keeps of one interval, or of several that were merged.
struct HistoryTick {
  std::int64_t start_ns = 0, end_ns = 0;  ///< wall clock
  double seconds = 0;                     ///< that were watched between these
  std::array<HistoryTable, kHistoryKinds> tables;

  const HistoryTable& table(HistoryKind kind) const {
    return tables[static_cast<std::size_t>(kind)];
  }
  HistoryTable& table(HistoryKind kind) { return tables[static_cast<std::size_t>(kind)]; }
  /// The host's row; null when nothing is known of it.
  const HistoryRow* host() const {
    const auto& rows = table(HistoryKind::kHost).rows;
    return rows.empty() ? nullptr : &rows.front();
  }
};

/// "host", "process" and so on.
std::string_view history_kind_name(HistoryKind kind);
/// What the texts of a name are called: "name", "unit", …
std::span<const std::string_view> history_texts(HistoryKind kind);
/// The numbers of a row.
std::span<const HistoryMetric> history_metrics(HistoryKind kind);
/// Place of a number in a row; nullopt: that kind has none of that id.
std::optional<std::size_t> history_metric(HistoryKind kind, std::string_view id);
/// True when its rows hold latencies.
bool history_has_latency(HistoryKind kind);
/// A number of a row; absent when it is, or when the kind has none of that id.
std::optional<double> history_value(const HistoryRow& row, HistoryKind kind, std::string_view id);
/// A text of a name; "" when it is not known.
std::string_view history_text(const HistoryName& name, std::string_view called);

}  // namespace culprit
