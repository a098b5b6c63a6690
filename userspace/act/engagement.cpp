// SPDX-License-Identifier: Apache-2.0
#include "act/engagement.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "act/impact.h"
#include "act/ladder.h"
#include "act/target_order.h"
#include "util/median.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBefore = 10 * kSecond, kMechanismAfter = 2 * kSecond,
                        kOutcomeAfter = 10 * kSecond, kExtendedAfter = 30 * kSecond,
                        kThirdAfter = 6 * kSecond, kIdle = 15 * kSecond, kLiftBefore = 20 * kSecond,
                        kLiftedFor = 8 * kSecond, kLongest = 1800 * kSecond;
constexpr int kReturned = 3;

/// A victim in (begin, end].
struct Window {
  VictimMeasured measured;
  double seconds = 0;
  std::uint64_t requests = 0;
  int bad = 0;
};

/// An interval that began before counts to neither side.
bool lies_in(const VictimInterval& interval, std::uint64_t begin, std::uint64_t end) {
  const auto length = static_cast<std::uint64_t>(interval.seconds * 1e9);
  // Ticks jitter: an interval may begin a moment early.
  return interval.at_ns <= end && interval.at_ns + kSecond / 20 >= begin + length;
}

Window window_of(const VictimTrack& victim, std::uint64_t begin, std::uint64_t end,
                 double threshold = 0) {
  Window window;
  std::uint64_t errors = 0;
  for (const VictimInterval& interval : victim.intervals) {
    if (!lies_in(interval, begin, end)) continue;
    window.seconds += interval.seconds;
    window.requests += interval.requests;
    errors += interval.errors;
    if (!interval.p95_seconds) continue;
    window.measured.p95_seconds.push_back(*interval.p95_seconds);
    window.bad += *interval.p95_seconds > threshold;
  }
  if (window.seconds > 0)
    window.measured.requests_per_second = static_cast<double>(window.requests) / window.seconds;
  if (window.requests > 0)
    window.measured.error_ratio =
        static_cast<double>(errors) / static_cast<double>(window.requests);
  return window;
}

/// How long the victim waited behind the suspect in (begin, end], in seconds per second.
double blame_of(const Decision& decision, const VictimTrack& victim, std::uint64_t begin,
                std::uint64_t end) {
  double blamed = 0, seconds = 0;
  for (const VictimInterval& interval : victim.intervals) {
    if (!lies_in(interval, begin, end)) continue;
    seconds += interval.seconds;
    const auto& blame = interval.waiting(decision.evidence.resource).blame;
    if (const auto found = blame.find(decision.suspect); found != blame.end())
      blamed += found->second * interval.seconds;
  }
  return seconds > 0 ? blamed / seconds : 0;
}

/// Since when the time before an action is looked at: ten seconds, or as many intervals as it takes
/// to compare. Where others take the CPUs readings come late, too.
std::uint64_t before_since(const VictimTrack& victim, std::uint64_t now_ns) {
  std::uint64_t since = now_ns - std::min(now_ns, kBefore);
  std::size_t measured = 0;
  for (auto at = victim.intervals.rbegin(); at != victim.intervals.rend(); ++at) {
    if (measured == kLeastMeasured) break;
    if (at->at_ns > now_ns || !at->p95_seconds) continue;
    ++measured;
    const auto length = static_cast<std::uint64_t>(at->seconds * 1e9);
    since = std::min(since, at->at_ns - std::min(at->at_ns, length));
  }
  return std::max(since, now_ns - std::min(now_ns, kMeasuredWithinNs));
}

const VictimTrack* find_victim(const Tracks& tracks, const ProcessId& id) {
  const auto found = tracks.victims().find(id);
  return found == tracks.victims().end() ? nullptr : &found->second;
}

const SuspectTrack* find_suspect(const Tracks& tracks, const std::string& key) {
  const auto found = tracks.suspects().find(key);
  return found == tracks.suspects().end() ? nullptr : &found->second;
}

std::string number_text(const char* format, double a, double b) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), format, a, b);
  return text.data();
}

}  // namespace

std::optional<ThrottleOrder> Engagement::order_of(const Decision& decision, int step,
                                                  const Tracks& tracks) {
  const SuspectTrack* suspect = find_suspect(tracks, decision.suspect);
  if (!suspect || suspect->members.empty()) return std::nullopt;
  const auto setting = knob_step(step, decision.evidence, *suspect, tracks.cpu_count());
  if (!setting) return std::nullopt;
  ThrottleOrder order = order_for(*suspect, *setting);
  order.young_may_be_held |= decision.rule == kForkStorm;
  order.victims = {decision.victim};
  return order;
}

Result<Engagement::Possible> Engagement::possible(const Decision& decision, int step,
                                                  const Rein& rein, const Tracks& tracks) {
  Error error{ErrorKind::kFailed, "nothing is left that could be done"};
  std::optional<Knob> refused;
  for (; auto order = order_of(decision, step, tracks); ++step) {
    // What a knob cannot do at all it cannot do further on.
    if (refused == order->setting.knob) continue;
    const auto plan = rein.plan(*order);
    if (plan) return Possible{step, std::move(*order)};
    refused = order->setting.knob;
    error = plan.error();
  }
  return tl::unexpected(error);
}

void Engagement::say(EngineEvent::Kind kind, const std::string& text) {
  events_.push_back({kind, lease_ ? lease_->id : "", text});
}

LeaseTerms Engagement::terms_of(const ThrottleOrder& order) const {
  LeaseTerms terms;
  terms.target = order.label;
  terms.victim = decision_.victim_name + " (" + std::to_string(decision_.victim.pid) + ")";
  terms.by = by_;
  for (const std::string& reason : decision_.reasons)
    terms.reason += (terms.reason.empty() ? "" : "; ") + reason;
  terms.duration = lease_length_;
  terms.expected = expected_impact(decision_.victim_name, decision_.suffering, decision_.evidence);
  terms.guards = guard_names();
  terms.overridden = overridden_;
  return terms;
}

bool Engagement::apply(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  auto possible = this->possible(decision_, step_, rein, tracks);
  auto lease = possible ? rein.throttle(possible->order, terms_of(possible->order))
                        : Result<Lease>(tl::unexpected(possible.error()));
  if (!lease) {
    say(EngineEvent::Kind::kFailed, lease.error().message);
    return false;
  }
  step_ = possible->step;
  lease_ = std::move(*lease);
  applied_ns_ = now_ns;
  phase_ = Phase::kMechanism;
  extended_ = false;
  say(EngineEvent::Kind::kApplied, lease_->target.name + ": " + lease_->knob + ": " +
                                       lease_->new_text + ", for " + lease_->victim);
  return true;
}

std::vector<EngineEvent> Engagement::begin(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  events_.clear();
  first_ns_ = now_ns;
  if (const VictimTrack* victim = find_victim(tracks, decision_.victim)) {
    const std::uint64_t since = before_since(*victim, now_ns);
    before_ = window_of(*victim, since, now_ns).measured;
    blame_before_ = blame_of(decision_, *victim, since, now_ns);
  }
  if (!apply(rein, tracks, now_ns)) finish(rein, Ending::kInVain, "it could not be done");
  return std::exchange(events_, {});
}

void Engagement::take_back(Rein& rein, const std::string& because) {
  if (!lease_) return;
  const auto done = rein.revert(lease_->id, because);
  // The reverter tries on.
  if (!done)
    say(EngineEvent::Kind::kFailed, done.error().message);
  else
    say(EngineEvent::Kind::kReverted, because + ": " + undo_text(*done));
}

void Engagement::finish(Rein& rein, Ending ending, const std::string& because) {
  if (phase_ != Phase::kLifted && phase_ != Phase::kOver) take_back(rein, because);
  phase_ = Phase::kOver;
  ending_ = ending;
}

void Engagement::judge(Rein& rein, const ActionVerdict& verdict) {
  const std::string name(effect_name(verdict.effect));
  if (const Status noted = rein.judge(lease_->id, verdict); !noted)
    say(EngineEvent::Kind::kFailed, noted.error().message);
  say(EngineEvent::Kind::kJudged, name + ": " + verdict.because);
}

void Engagement::step_on(Rein& rein, const Tracks& tracks, std::uint64_t now_ns, int step,
                         const std::string& because) {
  take_back(rein, because);
  step_ = step;
  if (++steps_taken_ < most_steps_ && apply(rein, tracks, now_ns)) return;
  phase_ = Phase::kOver;
  ending_ = Ending::kInVain;
}

bool Engagement::is_moot(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  const auto end = [&](const std::string& because) {
    finish(rein, Ending::kNotNeeded, because);
    return true;
  };
  if (phase_ != Phase::kLifted) {
    const auto leases = rein.leases();
    if (leases)
      for (const Lease& lease : *leases)
        if (lease.id == lease_->id && !lease.open()) {
          say(EngineEvent::Kind::kReverted, "it was ended by another: " + lease.closed_because);
          phase_ = Phase::kOver;
          ending_ = Ending::kNotNeeded;
          return true;
        }
  }
  const SuspectTrack* suspect = find_suspect(tracks, decision_.suspect);
  if (!suspect || suspect->members.empty()) return end("who was held has ended");
  if (!find_victim(tracks, decision_.victim)) return end("who suffered has ended");
  if (now_ns - first_ns_ >= kLongest) return end("half an hour is over: to go on takes a person");
  return false;
}

bool Engagement::third_suffers(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  if (now_ns - applied_ns_ < kThirdAfter) return false;
  for (const auto& [id, other] : tracks.victims()) {
    const auto baseline = other.baseline_p95_seconds();
    if (id == decision_.victim || !baseline) continue;
    const Window before = window_of(other, before_since(other, applied_ns_), applied_ns_);
    const Window after = window_of(other, applied_ns_, now_ns, *baseline * kSlowFactor);
    const ActionVerdict verdict = judge_outcome(before.measured, after.measured);
    if (verdict.effect != Effect::kWorse || after.bad < kReturned) continue;
    judge(rein, {Effect::kWorse, "since then " + other.name + " suffers: " + verdict.because});
    finish(rein, Ending::kInVain, "a third suffers from it");
    return true;
  }
  return false;
}

void Engagement::test_mechanism(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  const VictimTrack& victim = *find_victim(tracks, decision_.victim);
  const Window after = window_of(victim, applied_ns_, now_ns);
  if (after.seconds < static_cast<double>(kMechanismAfter) * 0.95e-9) return;
  const double blame = blame_of(decision_, victim, applied_ns_, now_ns);
  if (mechanism_works(blame_before_, blame)) {
    phase_ = Phase::kOutcome;
    return;
  }
  const std::string because = number_text(
      "the victim waits behind it for %.0f %% of the time, before for %.0f %%: the "
      "knob does nothing here",
      blame * 100, blame_before_ * 100);
  judge(rein, {Effect::kNoEffect, because});
  step_on(rein, tracks, now_ns, step_after_vain(decision_.evidence.resource, step_), because);
}

void Engagement::test_outcome(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  const std::uint64_t wanted = extended_ ? kExtendedAfter : kOutcomeAfter;
  if (now_ns - applied_ns_ < wanted) return;
  const VictimTrack& victim = *find_victim(tracks, decision_.victim);
  const Window after = window_of(victim, applied_ns_, now_ns);
  const ActionVerdict verdict = judge_outcome(before_, after.measured);
  if (verdict.effect == Effect::kInconclusive && !extended_) {
    extended_ = true;
    return;
  }
  judge(rein, verdict);
  if (verdict.effect != Effect::kHelped)
    return finish(rein, Ending::kInVain, std::string(effect_name(verdict.effect)));
  const bool slow_still =
      median(after.measured.p95_seconds) > decision_.suffering.threshold_seconds;
  const bool blamed_still = blame_of(decision_, victim, applied_ns_, now_ns) > blame_before_ * 0.2;
  if (slow_still && blamed_still && steps_taken_ + 1 < most_steps_ &&
      order_of(decision_, step_ + 1, tracks))
    return step_on(rein, tracks, now_ns, step_ + 1, "it helped, but not enough: tightened");
  phase_ = Phase::kHolding;
}

void Engagement::hold(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  const std::uint64_t since = now_ns - std::min(now_ns, kIdle);
  if (now_ns - applied_ns_ > kIdle) {
    const Resource resource = decision_.evidence.resource;
    const auto use = mean_use(*find_suspect(tracks, decision_.suspect), resource, since);
    if (use.value_or(0) < idle_use(resource))
      return finish(rein, Ending::kNotNeeded, "who was held does nothing any more");
    const Window recent = window_of(*find_victim(tracks, decision_.victim), since, now_ns);
    if (recent.requests == 0)
      return finish(rein, Ending::kNotNeeded, "who suffered is asked for nothing any more");
  }
  const auto length = static_cast<std::uint64_t>(lease_length_.count());
  if (now_ns - applied_ns_ + std::min(kLiftBefore, length / 4) < length) return;
  take_back(rein, "lifted for a moment, to see whether it is needed");
  phase_ = Phase::kLifted;
  applied_ns_ = now_ns;
}

void Engagement::look_while_lifted(Rein& rein, const Tracks& tracks, std::uint64_t now_ns) {
  const Window lifted = window_of(*find_victim(tracks, decision_.victim), applied_ns_, now_ns,
                                  decision_.suffering.threshold_seconds);
  if (lifted.bad >= kReturned) {
    judge(rein, {Effect::kHelped, number_text("lifted, and in %.0f of %.0f s it was slow again: "
                                              "proven",
                                              lifted.bad, lifted.seconds)});
    if (!apply(rein, tracks, now_ns)) finish(rein, Ending::kInVain, "it could not be done again");
    // What it does is known; it need not be measured again.
    if (phase_ != Phase::kOver) phase_ = Phase::kHolding;
    return;
  }
  if (now_ns - applied_ns_ >= kLiftedFor)
    finish(rein, Ending::kNotNeeded, "it is not needed any more");
}

std::vector<EngineEvent> Engagement::advance(Rein& rein, const Tracks& tracks,
                                             std::uint64_t now_ns) {
  events_.clear();
  if (phase_ == Phase::kOver || is_moot(rein, tracks, now_ns)) return std::exchange(events_, {});
  if (phase_ == Phase::kOutcome || phase_ == Phase::kHolding)
    if (third_suffers(rein, tracks, now_ns)) return std::exchange(events_, {});
  switch (phase_) {
    case Phase::kMechanism:
      test_mechanism(rein, tracks, now_ns);
      break;
    case Phase::kOutcome:
      test_outcome(rein, tracks, now_ns);
      break;
    case Phase::kHolding:
      hold(rein, tracks, now_ns);
      break;
    case Phase::kLifted:
      look_while_lifted(rein, tracks, now_ns);
      break;
    case Phase::kOver:
      break;
  }
  return std::exchange(events_, {});
}

Status Engagement::end(Rein& rein, const std::string& because) {
  if (phase_ == Phase::kOver || phase_ == Phase::kLifted || !lease_) {
    phase_ = Phase::kOver;
    return {};
  }
  phase_ = Phase::kOver;
  ending_ = Ending::kNotNeeded;
  const auto done = rein.revert(lease_->id, because);
  if (!done) return tl::unexpected<Error>(done.error());
  return {};
}

}  // namespace culprit
