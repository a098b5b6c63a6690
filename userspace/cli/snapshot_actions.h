// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/variables_map.hpp>
#include <memory>
#include <optional>

#include "act/journal_watch.h"
#include "act/remedy_preview.h"
#include "collect/sample_source.h"
#include "store/daemon_client.h"

namespace culprit {

/// Tells in judged snapshots what was done and what could be: from the daemon that the Samples
/// come from, else from the journal in /run; in what is past, what could have been done.
class SnapshotActions {
 public:
  /// `looks`: as of RemedyPreview.
  explicit SnapshotActions(const SampleSource& source,
                           const std::string& state_directory = kStateDirectory,
                           std::size_t looks = RemedyPreview::kAllAtOnce);

  /// Snapshots come in order.
  void fill(Snapshot& snapshot);

 private:
  std::vector<Action> known(std::int64_t wall_ns);

  bool past_;
  std::string daemon_;  ///< path of its socket; "": none
  std::optional<DaemonClient> client_;
  JournalWatch journal_;
  std::unique_ptr<HostRein> rein_;  ///< null: the host is not ours to ask
  RemedyPreview preview_;
};

}  // namespace culprit
