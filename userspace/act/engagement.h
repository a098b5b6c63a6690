// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "act/engine_event.h"
#include "act/planner.h"
#include "act/rein.h"
#include "act/verdict.h"

namespace culprit {

/// One suspect that is held for one victim, from the first write to the last undo: mechanism
/// test after 2 s, outcome after 10 s (once extended to 30 s), then kept, tightened or taken
/// back; before its lease ends it is lifted for a while, and put back if the trouble returns.
class Engagement {
 public:
  enum class Phase { kMechanism, kOutcome, kHolding, kLifted, kOver };
  /// How it ended, for who plans the next one.
  enum class Ending { kNone, kNotNeeded, kInVain };

  Engagement(Decision decision, std::string by, std::chrono::nanoseconds lease)
      : decision_(std::move(decision)), by_(std::move(by)), lease_length_(lease) {}

  /// What a person's word has lifted.
  void note_overridden(std::vector<std::string> said) { overridden_ = std::move(said); }
  /// At most so many steps of the ladder.
  void limit_steps(int most) { most_steps_ = most; }
  /// The first step of the ladder. Over when it fails.
  std::vector<EngineEvent> begin(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  /// One snapshot later.
  std::vector<EngineEvent> advance(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  /// Takes it back, whatever it is at.
  Status end(Rein& rein, const std::string& because);

  Phase phase() const { return phase_; }
  Ending ending() const { return ending_; }
  /// Its effect is being measured: nothing else may change meanwhile.
  bool measuring() const { return phase_ != Phase::kHolding && phase_ != Phase::kOver; }
  const Decision& decision() const { return decision_; }
  const std::optional<Lease>& lease() const { return lease_; }

  /// What is to be done to a suspect at one step of the ladder.
  static std::optional<ThrottleOrder> order_of(const Decision& decision, int step,
                                               const Tracks& tracks);
  struct Possible {
    int step;
    ThrottleOrder order;
  };
  /// Of the knobs from that step on the first that this host has; else why it has none.
  static Result<Possible> possible(const Decision& decision, int step, const Rein& rein,
                                   const Tracks& tracks);

 private:
  bool apply(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  LeaseTerms terms_of(const ThrottleOrder& order) const;
  /// Takes the lease back and says why.
  void take_back(Rein& rein, const std::string& because);
  void finish(Rein& rein, Ending ending, const std::string& because);
  void judge(Rein& rein, const ActionVerdict& verdict);
  /// The next knob, or the end in vain.
  void step_on(Rein& rein, const Tracks& tracks, std::uint64_t now_ns, int step,
               const std::string& because);

  void test_mechanism(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  void test_outcome(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  void hold(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  void look_while_lifted(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  /// Somebody else took it back, or a side of it has ended. True when it is over.
  bool is_moot(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  bool third_suffers(Rein& rein, const Tracks& tracks, std::uint64_t now_ns);
  void say(EngineEvent::Kind kind, const std::string& text);

  Decision decision_;
  std::string by_;
  std::vector<std::string> overridden_;
  std::chrono::nanoseconds lease_length_;
  Phase phase_ = Phase::kOver;
  Ending ending_ = Ending::kNone;
  std::optional<Lease> lease_;
  int step_ = 0, steps_taken_ = 0, most_steps_ = 5;
  bool extended_ = false;
  std::uint64_t first_ns_ = 0, applied_ns_ = 0;
  double blame_before_ = 0;
  VictimMeasured before_;
  std::vector<EngineEvent> events_;
};

}  // namespace culprit
