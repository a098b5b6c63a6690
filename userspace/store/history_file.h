// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/history_codec.h"
#include "store/history_options.h"
#include "store/history_records.h"
#include "store/sqlite.h"
#include "util/fd.h"

namespace culprit {

/// What is written in one transaction.
struct HistoryBatch {
  std::vector<const LeveledTick*> ticks;
  std::vector<HistoryFinding> findings;
  std::vector<HistoryGap> gaps;
  std::vector<HistoryAction> actions;
  std::string host;  ///< JSON; "" when it is not known
};

/// The writing end of a file of history; one at a time has it.
class HistoryFile {
 public:
  /// Makes the file, which only its owner can read, where there is none. A file that is
  /// something else is misuse and stays as it is.
  static Result<HistoryFile> open(const std::string& path, const HistoryOptions& options);

  /// All of it or nothing, after what is too old or too much was dropped.
  Status write(const HistoryBatch& batch);
  /// Of the file and its write-ahead log.
  std::uint64_t bytes() const;

 private:
  struct KnownName {
    HistoryNamePtr name;
    std::uint64_t id = 0;
    std::size_t level = 0;
    std::int64_t last_ms = 0;
  };
  struct Statements {
    std::array<SqlStatement, kHistoryLevels> tick;
    SqlStatement find_name, add_name, use_name, finding, gap, action;
  };

  HistoryFile(SqlDatabase database, Fd lock, const HistoryOptions& options)
      : database_(std::move(database)), lock_(std::move(lock)), options_(options) {}
  Status prepare();
  Status read_layout();
  Status write_all(const HistoryBatch& batch);
  Status write_tick(const LeveledTick& leveled);
  Status write_records(const HistoryBatch& batch);
  Status write_host(const std::string& document, std::int64_t since_ms);
  Result<std::uint64_t> name_id(const HistoryNamePtr& name, std::size_t level,
                                const HistoryTick& tick);
  Status drop_old();
  Status drop_names();
  Status make_room();
  Result<bool> drop_some(std::size_t level, std::int64_t keep_ms);
  Result<std::int64_t> used_pages();

  SqlDatabase database_;
  Fd lock_;
  HistoryOptions options_;
  HistoryPacker packer_;
  std::optional<Statements> statements_;
  std::unordered_map<const HistoryName*, KnownName> names_;
  std::int64_t layout_ = 0, newest_ms_ = 0, dropped_ms_ = 0, most_pages_ = 0;
  std::string host_;
};

}  // namespace culprit
