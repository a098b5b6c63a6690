// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "act/journal_watch.h"
#include "act/remedy_preview.h"
#include "config/daemon_config.h"
#include "serve/output_queue.h"
#include "store/history.h"

namespace culprit {

/// What the daemon tells of actions, whoever did them: in Snapshots, to clients, to history.
class DaemonActions {
 public:
  explicit DaemonActions(const ActConfig& config)
      : journal_(config.state),
        rein_(HostRein::to_look(config.state.string())),
        preview_(host_look(*rein_)) {}

  /// Reads the journal when it has changed, and tells history, null where there is none.
  void look(HistoryWriter* history);
  /// Fills a judged snapshot.
  void fill(Snapshot& snapshot, const std::vector<Action>& proposals);
  /// culprit.actions/1, one line with its end.
  Message line(const std::vector<Action>& proposals);

 private:
  JournalWatch journal_;
  std::unique_ptr<HostRein> rein_;
  RemedyPreview preview_;
  std::map<std::string, std::string> told_;  ///< documents in history, by id
  bool line_is_old_ = true;
  Message line_;
};

}  // namespace culprit
