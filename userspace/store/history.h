// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "model/snapshot.h"
#include "store/history_file.h"
#include "store/history_options.h"
#include "store/history_reducer.h"
#include "store/history_rollup.h"

namespace culprit {

/// How the keeping of history goes.
struct HistoryState {
  std::uint64_t ticks_kept = 0;  ///< written and committed
  std::uint64_t ticks_lost =
      0;                    ///< what the gaps in the file add up to, and those still to be told
  std::uint64_t bytes = 0;  ///< of the file with its log, at the last commit
  std::string error;        ///< why the last commit failed; "": it did not
};

/// Keeps snapshots in a file of SQLite: intervals of 1 s, 10 s and 60 s, each for its time, within
/// a budget of bytes (docs/history.md). What is kept is chosen at once, by the caller's thread;
/// a thread of its own merges and writes. When the disk is full, or the file cannot be written for
/// another reason, the caller goes on unharmed: what no longer fits into memory is lost, counted,
/// and told in the file as a gap once it can be written again.
class HistoryWriter {
 public:
  /// Makes the file when it is not there; takes up the minute that a writer before left open.
  /// What is no history of culprit is misuse; one that is written by another process fails.
  static Result<std::unique_ptr<HistoryWriter>> open(const std::string& path,
                                                     const HistoryOptions& options = {});
  /// Writes what is left.
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  /// Keeps a snapshot, which somebody should have judged before. Never waits for the disk. One
  /// thread calls it; snapshots come in order.
  void write(const Snapshot& snapshot);
  /// Keeps what was done, or what is now known of it: the last with an id counts.
  void write(HistoryAction action);
  /// Waits until all that was written before is in the file, or tells why it is not.
  Status flush();
  HistoryState state() const;

 private:
  /// What the caller's thread hands over.
  struct Entry {
    HistoryTick tick;
    std::vector<HistoryFinding> findings;
    std::string host;
  };

  HistoryWriter(std::string path, const HistoryOptions& options, HistoryFile file)
      : path_(std::move(path)), options_(options), file_(std::move(file)) {}
  Status take_up();
  void work();
  void take(Entry&& entry);
  void roll_up(const HistoryTick& tick);
  void lose(const HistoryTick& tick, const std::string& cause);
  Status commit();
  Status write_pending();

  const std::string path_;
  const HistoryOptions options_;
  HistoryReducer reducer_;
  std::string host_id_, host_;

  // Shared with the thread, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Entry> queue_;
  std::vector<HistoryAction> actions_;
  std::uint64_t asked_ = 0, answered_ = 0;  ///< flushes
  std::uint64_t refused_ = 0;               ///< entries for which the queue had no room
  TimeSpan refused_span_;
  Status flushed_;
  HistoryState state_;
  bool stop_ = false;

  // The thread's own.
  std::optional<HistoryFile> file_;
  std::array<HistoryRollup, kHistoryLevels> rollups_;
  std::array<std::int64_t, kHistoryLevels> buckets_{};
  std::deque<LeveledTick> pending_;
  std::map<std::pair<std::string, std::string>, HistoryFinding> findings_;
  std::vector<HistoryGap> gaps_;
  std::vector<HistoryAction> pending_actions_;
  std::string pending_host_;

  std::thread thread_;
};

}  // namespace culprit
