// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "act/engagement.h"
#include "act/kernel_setting.h"
#include "act/remedy.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/reading_options.h"
#include "cli/rein_options.h"
#include "cli/watch.h"
#include "util/clock.h"
#include "util/duration.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kUsage[] = "apply ID|--setting NAME=VALUE [OPTION...]";
constexpr char kEpilogue[] =
    "\nID is one of culprit recommend, or how only one of them begins. It has to hold now. Does "
    "what\n"
    "culprit can do about it, under a lease, and looks whether it helped: what did not is "
    "undone.\n";

/// Waits until the recommendation holds, does it, and watches what it brings.
class Application {
 public:
  Application(const po::variables_map& values, HostRein& rein, Judge& judge,
              std::chrono::nanoseconds lease, std::chrono::nanoseconds patience)
      : values_(values), rein_(rein), judge_(judge), lease_(lease), patience_(patience) {}

  /// One snapshot; false when all is said.
  Result<bool> take(Snapshot& snapshot) {
    judge_.judge(snapshot);
    const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
    tracks_.add(snapshot, now);
    if (engagement_) return follow(now);
    watched_ += std::chrono::nanoseconds(static_cast<std::int64_t>(snapshot.seconds * 1e9));
    const auto found = find_recommendation(snapshot, values_["id"].as<std::string>());
    if (!found && watched_ < patience_) return true;
    if (!found) return tl::unexpected<Error>(found.error());
    // What was before has to be known, or what comes after says nothing.
    if (watched_ < kBefore) return true;
    return begin(*found, snapshot, now);
  }
  bool begun() const { return begun_; }

 private:
  static constexpr std::chrono::seconds kBefore{6};

  Result<bool> begin(const Recommendation& recommendation, const Snapshot& snapshot,
                     std::uint64_t now) {
    if (!remedy_of(recommendation))
      return fail(recommendation.id + " is advice: culprit can do nothing about it itself");
    const std::vector<ThrottleOrder> orders = orders_of(recommendation, snapshot, tracks_);
    if (orders.empty())
      return fail("who is to be slowed for " + recommendation.id + " is not there");
    const auto possible = std::find_if(orders.begin(), orders.end(), [&](const ThrottleOrder& one) {
      return rein_.plan(one).has_value();
    });
    const ThrottleOrder* const order = possible == orders.end() ? &orders.front() : &*possible;
    const std::vector<Veto> vetoes = rein_.vetoes(*order, snapshot);
    if (Status held = hold_vetoes(vetoes, values_.count("force") > 0); !held)
      return tl::unexpected<Error>(held.error());
    if (values_.count("keep") && order->setting.knob != Knob::kKernelSetting)
      return misuse("--keep is for settings of the kernel: a throttle always ends");
    begun_ = true;
    const SuspectTrack* const suspect =
        order->processes.empty() ? nullptr : tracks_.suspect_of(order->processes.front().pid);
    const VictimTrack* victim = nullptr;
    for (const ProcessId& id : order->victims)
      if (const auto track = tracks_.victims().find(id);
          !victim && track != tracks_.victims().end())
        victim = &track->second;
    const auto resource = resource_of(order->setting.knob);
    if (!resource || !suspect || !victim) return do_unmeasured(*order, recommendation, vetoes);
    Decision decision;
    decision.victim = victim->id;
    decision.victim_name = victim->name;
    decision.suspect = suspect->key;
    decision.suffering = suffering_of(*victim, tracks_, now, std::nullopt);
    decision.evidence =
        evidence_against(*suspect, *victim, *resource, decision.suffering.threshold_seconds, now);
    decision.reasons = {recommendation.description};
    engagement_.emplace(std::move(decision), "recommendation", lease_);
    engagement_->limit_steps(1);
    engagement_->note_overridden(veto_texts(vetoes));
    if (Status said = tell(engagement_->begin(rein_, tracks_, now)); !said)
      return tl::unexpected<Error>(said.error());
    std::cout << lease_report(*engagement_->lease()) << std::flush;
    return true;
  }

  Result<bool> do_unmeasured(const ThrottleOrder& order, const Recommendation& recommendation,
                             const std::vector<Veto>& vetoes) {
    LeaseTerms terms;
    terms.by = "recommendation";
    terms.reason = recommendation.description;
    terms.expected.text = recommendation.expected_impact;
    terms.guards = guard_names();
    terms.overridden = veto_texts(vetoes);
    terms.duration = lease_;
    terms.kept = values_.count("keep") > 0;
    const auto lease = rein_.throttle(order, terms);
    if (!lease) return tl::unexpected<Error>(lease.error());
    std::cout << lease_report(*lease)
              << "  verdict none: nobody answers requests there whose time could be measured\n";
    return false;
  }

  Result<bool> follow(std::uint64_t now) {
    if (Status said = tell(engagement_->advance(rein_, tracks_, now)); !said)
      return tl::unexpected<Error>(said.error());
    return engagement_->measuring();
  }

  Status tell(const std::vector<EngineEvent>& events) {
    for (const EngineEvent& event : events) {
      if (event.kind == EngineEvent::Kind::kFailed) return fail(event.text);
      if (event.kind == EngineEvent::Kind::kJudged)
        std::cout << "  verdict " << event.text << '\n' << std::flush;
      if (event.kind == EngineEvent::Kind::kReverted)
        std::cout << "  undone  " << event.text << '\n' << std::flush;
    }
    return {};
  }

  const po::variables_map& values_;
  HostRein& rein_;
  Judge& judge_;
  std::chrono::nanoseconds lease_, patience_, watched_{0};
  Tracks tracks_;
  std::optional<Engagement> engagement_;
  bool begun_ = false;
};

/// A setting of the kernel on a person's word alone: nobody is watched for it.
Status apply_setting(const po::variables_map& values, std::chrono::nanoseconds duration) {
  const auto setting = parse_kernel_setting(values["setting"].as<std::string>());
  if (!setting) return tl::unexpected<Error>(setting.error());
  auto rein = open_rein(values);
  if (!rein) return tl::unexpected<Error>(rein.error());
  ThrottleOrder order;
  order.label = {"host", "this host", {}, {}};
  order.setting = *setting;
  if (Status held = hold_vetoes((*rein)->vetoes(order, Snapshot()), values.count("force") > 0);
      !held)
    return held;
  LeaseTerms terms;
  terms.by = "person";
  terms.reason = "culprit apply --setting " + setting->word;
  terms.duration = duration;
  terms.kept = values.count("keep") > 0;
  const auto lease = (*rein)->throttle(order, terms);
  if (!lease) return tl::unexpected<Error>(lease.error());
  std::cout << lease_report(*lease);
  return {};
}

Status run(const po::variables_map& values) {
  if (values.count("id") + values.count("setting") != 1)
    return misuse(std::string("write culprit ") + kUsage);
  if (values.count("from")) return misuse("--from: what is past cannot be changed");
  const auto lease = lease_duration(values);
  if (!lease) return tl::unexpected<Error>(lease.error());
  if (values.count("keep") && !values["for"].defaulted())
    return misuse("--keep and --for: it is for a while, or for good");
  if (values.count("setting")) return apply_setting(values, *lease);
  const auto patience = parse_duration(values["duration"].as<std::string>());
  if (!patience) return tl::unexpected<Error>(patience.error());
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  auto rein = open_rein(values);
  if (!rein) return tl::unexpected<Error>(rein.error());
  auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  const InterruptScope interruptible(**source);
  Judge judge(std::move(*rules));
  Application application(values, **rein, judge, *lease, *patience);
  WatchOptions options;
  options.interval = std::chrono::seconds(1);
  const Status done =
      watch(**source, options, [&](Snapshot& snapshot) { return application.take(snapshot); });
  if (done && !application.begun()) return fail("interrupted before anything was changed");
  return done;
}

}  // namespace

int run_apply(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("id", po::value<std::string>(), "of a recommendation")(
      "for", po::value<std::string>()->default_value("5m"), "how long: 30s, 5m; at most 30m")(
      "duration,d", po::value<std::string>()->default_value("20"),
      "how long to wait until it holds: 20, 1m")(
      "setting", po::value<std::string>(),
      "set this of the kernel instead: net.core.somaxconn=4096")(
      "keep", "a setting of the kernel: until the host is started anew")(
      "force", "do it although something that can be lifted speaks against it");
  add_state_option(options);
  add_rules_option(options);
  add_reading_options(options);
  po::positional_options_description positional;
  positional.add("id", 1);
  const auto parsed = parse_arguments(arguments, kUsage, options, positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
