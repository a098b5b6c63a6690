// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/engine_event.h"
#include "act/planner.h"
#include "act/rein.h"
#include "model/action.h"
#include "model/snapshot.h"

namespace culprit {

/// How far the engine may go. Each one includes those before it.
enum class Mode : std::uint8_t {
  kOff,
  kObserve,  ///< says who it would look at
  kDryRun,   ///< says what it would do, and what speaks against it
  kApprove,  ///< waits for a person's word
  kAuto,     ///< does it
};

std::string_view mode_name(Mode mode);
/// "off", "observe", "dry-run", "approve" or "auto"; else misuse.
Result<Mode> parse_mode(std::string_view text);

struct EngineOptions {
  Mode mode = Mode::kDryRun;
  std::chrono::nanoseconds lease = std::chrono::seconds(300);
  PlannerOptions planner;
  /// Of a rule: the lower of this and `mode` holds for what its findings are about.
  std::map<std::string, Mode> rule_modes;
  Mode mode_of(const std::string& rule) const {
    const auto found = rule_modes.find(rule);
    return found == rule_modes.end() ? mode : std::min(mode, found->second);
  }
};

/// Reins culprits in: looks at each snapshot, decides (act/planner), acts through a Rein, looks
/// whether it helped (act/verdict), and takes back what did not, or is not needed any more. One
/// thread; it neither sleeps nor waits. What it did is in the journal of the Rein, and a
/// reverter takes it back when this process ends, however it does.
class Engine {
 public:
  /// `rein` outlives the engine. `now_ns` is a monotonic clock.
  Engine(EngineOptions options, Rein& rein, std::function<std::uint64_t()> now_ns);
  ~Engine();

  /// Other options from the next snapshot on. Active leases stay, but for mode off.
  void use(EngineOptions options);
  /// Once for each snapshot, in order; intervals of about a second.
  std::vector<EngineEvent> on_snapshot(const Snapshot& snapshot);
  /// Does what was proposed, if it still holds and nothing speaks against it now.
  Result<Lease> approve(const std::string& id, const Snapshot& snapshot);
  /// Takes everything back that this engine did.
  Status stop(const std::string& because);

  /// What is proposed now, or would be but for what speaks against it; oldest first.
  std::vector<Action> proposals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace culprit
