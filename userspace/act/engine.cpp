// SPDX-License-Identifier: Apache-2.0
#include "act/engine.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <utility>

#include "act/engagement.h"
#include "act/impact.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBetweenActions = 15 * kSecond, kProposalLasts = 300 * kSecond;
/// The host is asked about the same proposal so often: that takes a look at all processes.
constexpr std::uint64_t kAskedAgain = 3 * kSecond;
constexpr std::size_t kExpiredKept = 50;
/// What a finding of these says of a suspect decides by whose mode it is held; the first counts.
constexpr std::array<std::string_view, 4> kRules = {kForkStorm, "cpu.busy_loop", "task.overlapping",
                                                    kContention};
constexpr std::array<std::string_view, 5> kModes = {"off", "observe", "dry-run", "approve", "auto"};

using Kind = EngineEvent::Kind;

std::string victim_text(const ProcessId& id, const std::string& name) {
  return name + " (" + std::to_string(id.pid) + ")";
}

bool is_about(const Target& target, const SuspectTrack& suspect, const Snapshot& snapshot) {
  const auto holds = [&](const ProcessId& id) {
    return std::find(suspect.members.begin(), suspect.members.end(), id) != suspect.members.end();
  };
  if (target.kind == TargetKind::kUnit) return target.name == suspect.label.name;
  if (target.kind == TargetKind::kTask)
    return std::any_of(snapshot.tasks.begin(), snapshot.tasks.end(), [&](const TaskRow& task) {
      return task.id == target.id && std::any_of(task.members.begin(), task.members.end(), holds);
    });
  return target.pid && target.start_time_ns && holds({*target.pid, *target.start_time_ns});
}

/// Of the rules about CPUs the one that found the suspect; contention where none has.
std::string rule_of(const SuspectTrack& suspect, const Snapshot& snapshot) {
  if (snapshot.judgement)
    for (const std::string_view rule : kRules)
      for (const Finding& finding : snapshot.judgement->findings)
        if (finding.id == rule && is_about(finding.target, suspect, snapshot)) return finding.id;
  return kContention;
}

/// Of reasons that differ by a measurement only one is told.
std::string without_numbers(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isdigit(c) || c == '.'; });
  return text;
}

}  // namespace

std::string_view mode_name(Mode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

Result<Mode> parse_mode(std::string_view text) {
  for (std::size_t index = 0; index < kModes.size(); ++index)
    if (kModes[index] == text) return static_cast<Mode>(index);
  return misuse("'" + std::string(text) + "' is no mode; off, observe, dry-run, approve, auto are");
}

struct Engine::State {
  /// Something that is not done yet, or not to be done.
  struct Proposal {
    Action action;
    Decision decision;
    std::uint64_t begun_ns = 0, seen_ns = 0, asked_ns = 0;
  };

  EngineOptions options;
  Rein& rein;
  std::function<std::uint64_t()> now_ns;
  Plan plan(const Snapshot& snapshot);
  Tracks tracks;
  Planner planner;
  std::vector<Engagement> engagements;
  std::vector<Proposal> proposals;
  std::deque<std::string> expired;           ///< ids of proposals that were made anew
  std::map<ProcessId, std::string> refused;  ///< by victim, the last reason told
  std::uint64_t last_action_ns = 0;
  std::uint64_t next_proposal = 1;

  std::vector<EngineEvent> advance();
  std::vector<EngineEvent> decide(const Snapshot& snapshot);
  void tell_refusals(const std::vector<Refusal>& refusals, std::vector<EngineEvent>& events);
  Proposal* proposal_of(const Decision& decision);
  EngineEvent propose(const Decision& decision, const ThrottleOrder& order, const char* state,
                      const std::vector<std::string>& reasons);
  std::vector<EngineEvent> engage(const Decision& decision);
  std::vector<std::string> busy() const;
  bool measuring() const;
};

std::vector<std::string> Engine::State::busy() const {
  std::vector<std::string> keys;
  for (const Engagement& engagement : engagements) keys.push_back(engagement.decision().suspect);
  return keys;
}

bool Engine::State::measuring() const {
  return std::any_of(engagements.begin(), engagements.end(),
                     [](const Engagement& engagement) { return engagement.measuring(); });
}

std::vector<EngineEvent> Engine::State::advance() {
  std::vector<EngineEvent> events;
  const std::uint64_t now = now_ns();
  for (auto engagement = engagements.begin(); engagement != engagements.end();) {
    for (EngineEvent& event : engagement->advance(rein, tracks, now))
      events.push_back(std::move(event));
    if (engagement->phase() != Engagement::Phase::kOver) {
      ++engagement;
      continue;
    }
    const Decision& decision = engagement->decision();
    if (engagement->ending() == Engagement::Ending::kInVain)
      planner.failed(decision.victim, decision.suspect, now);
    else
      planner.helped(decision.victim, decision.suspect);
    engagement = engagements.erase(engagement);
  }
  return events;
}

Engine::State::Proposal* Engine::State::proposal_of(const Decision& decision) {
  const auto known = std::find_if(proposals.begin(), proposals.end(), [&](const Proposal& one) {
    return one.decision.victim == decision.victim && one.decision.suspect == decision.suspect;
  });
  return known == proposals.end() ? nullptr : &*known;
}

EngineEvent Engine::State::propose(const Decision& decision, const ThrottleOrder& order,
                                   const char* state, const std::vector<std::string>& reasons) {
  const std::uint64_t now = now_ns();
  Proposal* const known = proposal_of(decision);
  Proposal& proposal = known ? *known : proposals.emplace_back();
  Action& action = proposal.action;
  const bool is_old = !action.id.empty() && proposal.begun_ns + kProposalLasts < now;
  // What was vetoed and now is not is something new.
  const bool is_new = action.id.empty() || action.state != state || is_old;
  if (is_new) {
    if (!action.id.empty()) expired.push_back(action.id);
    if (expired.size() > kExpiredKept) expired.pop_front();
    action.id = "p" + std::to_string(next_proposal++);
    proposal.begun_ns = now;
  }
  action.mode = mode_name(options.mode_of(decision.rule));
  action.state = state;
  action.target = order.label;
  action.victim = victim_text(decision.victim, decision.victim_name);
  action.knob = knob_name(order.setting.knob);
  action.new_text = setting_text(order.setting);
  action.consent = "auto";
  action.expected = expected_impact(decision.victim_name, decision.suffering, decision.evidence);
  action.guards = guard_names();
  action.reasons = reasons;
  proposal.decision = decision;
  proposal.seen_ns = proposal.asked_ns = now;
  if (!is_new) return {Kind::kObserved, action.id, ""};
  const std::string head = order.label.name + ": " + action.knob + ": " + action.new_text +
                           ", for " + action.victim + ": ";
  return {action.state == "vetoed" ? Kind::kVetoed : Kind::kProposed, action.id,
          head + (reasons.empty() ? "" : reasons.front())};
}

std::vector<EngineEvent> Engine::State::engage(const Decision& decision) {
  Engagement engagement(decision, std::string(mode_name(options.mode_of(decision.rule))),
                        options.lease);
  const std::uint64_t now = now_ns();
  last_action_ns = now;
  auto events = engagement.begin(rein, tracks, now);
  if (engagement.phase() == Engagement::Phase::kOver)
    planner.failed(decision.victim, decision.suspect, now);
  else
    engagements.push_back(std::move(engagement));
  return events;
}

void Engine::State::tell_refusals(const std::vector<Refusal>& refusals,
                                  std::vector<EngineEvent>& events) {
  std::map<ProcessId, std::string> now_refused;
  for (const Refusal& refusal : refusals) {
    const std::string reason = without_numbers(refusal.reason);
    now_refused[refusal.victim] = reason;
    const auto before = refused.find(refusal.victim);
    if (before != refused.end() && before->second == reason) continue;
    events.push_back(
        {Kind::kVetoed, "",
         victim_text(refusal.victim, refusal.victim_name) + " suffers: " + refusal.reason});
  }
  refused = std::move(now_refused);
}

/// What the planner says, with the rule whose mode holds.
Plan Engine::State::plan(const Snapshot& snapshot) {
  Plan plan = planner.plan(tracks, now_ns(), busy());
  if (plan.decision && plan.decision->evidence.resource == Resource::kCpu)
    if (const auto suspect = tracks.suspects().find(plan.decision->suspect);
        suspect != tracks.suspects().end())
      plan.decision->rule = rule_of(suspect->second, snapshot);
  return plan;
}

std::vector<EngineEvent> Engine::State::decide(const Snapshot& snapshot) {
  std::vector<EngineEvent> events;
  const std::uint64_t now = now_ns();
  proposals.erase(std::remove_if(proposals.begin(), proposals.end(),
                                 [&](const Proposal& proposal) {
                                   return proposal.seen_ns + kProposalLasts < now;
                                 }),
                  proposals.end());
  if (options.mode == Mode::kOff || measuring()) return events;
  const Plan plan = this->plan(snapshot);
  tell_refusals(plan.refusals, events);
  if (!plan.decision) return events;
  const Decision& decision = *plan.decision;
  const Mode mode = options.mode_of(decision.rule);
  if (mode == Mode::kOff) return events;
  if (Proposal* known = proposal_of(decision); known && now - known->asked_ns < kAskedAgain) {
    known->seen_ns = now;
    return events;
  }
  const auto first = Engagement::order_of(decision, 0, tracks);
  if (!first) return events;
  const auto possible = Engagement::possible(decision, 0, rein, tracks);
  const ThrottleOrder& order = possible ? possible->order : *first;
  std::vector<std::string> objections;
  for (const Veto& veto : rein.vetoes(order, snapshot)) objections.push_back(veto.reason);
  if (!possible) objections.push_back(possible.error().message);
  if (planner.worn_out(now))
    objections.push_back("three actions failed within the hour: it only watches");
  const bool acts = mode == Mode::kAuto && objections.empty();
  if (acts && last_action_ns != 0 && now - last_action_ns < kBetweenActions) return events;
  if (acts) {
    for (EngineEvent& event : engage(decision)) events.push_back(std::move(event));
    return events;
  }
  if (mode == Mode::kObserve) {
    EngineEvent event = propose(decision, order, "proposed", decision.reasons);
    event.kind = Kind::kObserved;
    if (!event.text.empty()) events.push_back(std::move(event));
    return events;
  }
  EngineEvent event = propose(decision, order, objections.empty() ? "proposed" : "vetoed",
                              objections.empty() ? decision.reasons : objections);
  if (!event.text.empty()) events.push_back(std::move(event));
  return events;
}

Engine::Engine(EngineOptions options, Rein& rein, std::function<std::uint64_t()> now_ns)
    : state_(new State{
          options, rein, std::move(now_ns), {}, Planner(options.planner), {}, {}, {}, {}}) {}

Engine::~Engine() = default;

void Engine::use(EngineOptions options) {
  state_->options = options;
  state_->planner.use(options.planner);
}

std::vector<EngineEvent> Engine::on_snapshot(const Snapshot& snapshot) {
  std::vector<EngineEvent> events;
  if (state_->options.mode == Mode::kOff && !state_->engagements.empty())
    if (const Status stopped = stop("it was turned off"); !stopped)
      events.push_back({Kind::kFailed, "", stopped.error().message});
  state_->tracks.add(snapshot, state_->now_ns());
  for (EngineEvent& event : state_->advance()) events.push_back(std::move(event));
  for (EngineEvent& event : state_->decide(snapshot)) events.push_back(std::move(event));
  return events;
}

Result<Lease> Engine::approve(const std::string& id, const Snapshot& snapshot) {
  State& state = *state_;
  const auto proposal =
      std::find_if(state.proposals.begin(), state.proposals.end(),
                   [&](const State::Proposal& one) { return one.action.id == id; });
  const bool was_open =
      std::find(state.expired.begin(), state.expired.end(), id) != state.expired.end();
  if (proposal == state.proposals.end() && !was_open) return fail("no proposal " + id + " is open");
  if (proposal == state.proposals.end() || proposal->begun_ns + kProposalLasts < state.now_ns())
    return fail("proposal " + id + " holds no more: it is older than 300 s, or was found anew");
  if (state.measuring()) return fail("another action is being measured; one at a time");
  const Plan plan = state.plan(snapshot);
  if (!plan.decision || plan.decision->suspect != proposal->decision.suspect ||
      plan.decision->victim != proposal->decision.victim)
    return fail("what " + id + " rests on does not hold any more");
  const Decision decision = *plan.decision;
  if (const Mode mode = state.options.mode_of(decision.rule); mode < Mode::kApprove)
    return fail("the mode of " + decision.rule + " is " + std::string(mode_name(mode)));
  const auto possible = Engagement::possible(decision, 0, state.rein, state.tracks);
  if (!possible) return tl::unexpected(possible.error());
  const std::vector<Veto> vetoes = state.rein.vetoes(possible->order, snapshot);
  if (!vetoes.empty()) return fail("vetoed: " + vetoes.front().reason);
  const auto events = state.engage(decision);
  if (state.engagements.empty() || state.engagements.back().decision().suspect != decision.suspect)
    return fail(events.empty() ? "it could not be done" : events.back().text);
  state.proposals.erase(proposal);
  return *state.engagements.back().lease();
}

Status Engine::stop(const std::string& because) {
  Status last;
  for (Engagement& engagement : state_->engagements)
    if (Status ended = engagement.end(state_->rein, because); !ended) last = ended;
  state_->engagements.clear();
  return last;
}

std::vector<Action> Engine::proposals() const {
  std::vector<Action> actions;
  for (const State::Proposal& proposal : state_->proposals) actions.push_back(proposal.action);
  return actions;
}

}  // namespace culprit
