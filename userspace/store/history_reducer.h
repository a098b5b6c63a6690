// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/key_hash.h"
#include "model/snapshot.h"
#include "store/history_tick.h"

namespace culprit {

/// One object for each name, for as long as somebody holds it.
class HistoryNames {
 public:
  HistoryNamePtr get(HistoryKind kind, std::initializer_list<std::string_view> texts);
  /// One that was read from a file.
  HistoryNamePtr get(HistoryName&& name);
  /// The same for a process, whose command line is kept without what differs from run to run
  /// (model/task_text.h).
  HistoryNamePtr get_process(const ProcessRow& row);

 private:
  static constexpr std::size_t kMost = 16'384;

  using Map = std::unordered_map<std::string, HistoryNamePtr, TextHash, std::equal_to<>>;
  Map names_;
  Map processes_;  ///< by the whole command line, whose title takes longer to find
};

/// Makes of a snapshot what history keeps of it, each row that did anything; not yet cut to those
/// that lead.
class HistoryReducer {
 public:
  HistoryTick reduce(const Snapshot& snapshot);
  HistoryNames& names() { return names_; }

 private:
  HistoryNames names_;
};

}  // namespace culprit
