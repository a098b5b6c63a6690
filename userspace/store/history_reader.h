// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/history_codec.h"
#include "store/history_records.h"
#include "store/sqlite.h"

namespace culprit {

enum class HistoryDetail {
  kHost,  ///< the host's row only
  kAll,
};

/// A name and when history first met it.
struct FirstSeen {
  HistoryNamePtr name;
  std::int64_t first_ns = 0;
};

/// Reads a file of history, also while it is written.
class HistoryReader {
 public:
  /// What is no history is misuse.
  static Result<std::unique_ptr<HistoryReader>> open(const std::string& path);

  /// What a level holds; absent: nothing.
  Result<std::optional<TimeSpan>> span(std::size_t level);
  /// What all levels hold together.
  Result<std::optional<TimeSpan>> span();
  using Use = std::function<void(HistoryTick&&)>;
  /// Gives the ticks of a level that begin within that time, in order.
  Status ticks(std::size_t level, TimeSpan span, HistoryDetail detail, const Use& use);
  Result<std::vector<HistoryTick>> ticks(std::size_t level, TimeSpan span, HistoryDetail detail);
  /// Gives the ticks of that time, in order, from the coarsest level that has `least` of them for
  /// it; what that level no longer has, or not yet, from others.
  Status range(TimeSpan span, std::size_t least, HistoryDetail detail, const Use& use);
  /// The finest tick that holds that moment; absent: nothing was kept of it.
  Result<std::optional<HistoryTick>> at(std::int64_t time_ns);

  /// Findings that held in that time, in the order in which they began.
  Result<std::vector<HistoryFinding>> findings(TimeSpan span);
  /// What was lost in that time, and why.
  Result<std::vector<HistoryGap>> gaps(TimeSpan span);
  Result<std::vector<HistoryAction>> actions(TimeSpan span);
  /// Names that were met for the first time then.
  Result<std::vector<FirstSeen>> first_seen(TimeSpan span);
  /// The host as it last was; JSON, "" when it is not known.
  Result<std::string> host();

 private:
  explicit HistoryReader(SqlDatabase database) : database_(std::move(database)) {}
  Status read_layouts();
  HistoryNamePtr name(std::uint64_t id);
  Status unpack(SqlStatement& row, HistoryDetail detail, HistoryTick& tick);
  struct Piece {
    std::size_t level = 0;
    TimeSpan span;
  };
  Result<std::vector<Piece>> pieces(TimeSpan wanted, std::size_t first);

  SqlDatabase database_;
  HistoryUnpacker unpacker_;
  std::unordered_map<std::int64_t, HistoryLayout> layouts_;
  std::unordered_map<std::uint64_t, HistoryNamePtr> names_;
  std::optional<SqlStatement> name_query_;
};

}  // namespace culprit
