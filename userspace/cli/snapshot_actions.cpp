// SPDX-License-Identifier: Apache-2.0
#include "cli/snapshot_actions.h"

#include <unistd.h>

#include "act/lease_action.h"
#include "serve/json_action.h"
#include "store/daemon_source.h"
#include "store/recording.h"

namespace culprit {
namespace {

std::unique_ptr<HostRein> host_to_look_at(bool past, const std::string& state_directory) {
  return past || ::geteuid() != 0 ? nullptr : HostRein::to_look(state_directory);
}

}  // namespace

SnapshotActions::SnapshotActions(const SampleSource& source, const std::string& state_directory,
                                 std::size_t looks)
    : past_(dynamic_cast<const Recording*>(&source) != nullptr),
      daemon_(dynamic_cast<const DaemonSource*>(&source) ? source.name() : ""),
      journal_(state_directory),
      rein_(host_to_look_at(past_, state_directory)),
      preview_(rein_ ? host_look(*rein_) : RemedyPreview::Look(), looks) {}

/// What a daemon does not tell, for its engine is off, the journal does.
std::vector<Action> SnapshotActions::known(std::int64_t wall_ns) {
  if (past_) return {};
  if (!daemon_.empty() && !client_)
    if (auto client = DaemonClient::connect(daemon_)) client_ = std::move(*client);
  if (client_) {
    const auto answer = client_->ask(R"({"get":"actions"})");
    const auto actions = answer ? parse_actions(*answer) : fail("");
    if (actions) return recent_actions(*actions, wall_ns);
    client_.reset();
  }
  journal_.look();
  return recent_actions(journal_.actions(), wall_ns);
}

void SnapshotActions::fill(Snapshot& snapshot) {
  snapshot.actions = known(snapshot.end_wall_ns);
  preview_.fill(snapshot, static_cast<std::uint64_t>(snapshot.end_wall_ns));
}

}  // namespace culprit
