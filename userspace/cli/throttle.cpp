// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <thread>

#include "act/freezer.h"
#include "act/target_order.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rein_options.h"
#include "collect/collector.h"
#include "model/model.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kUsage[] = "throttle TARGET (--cpu SHARE|--weight N|--nice N|...) [OPTION...]";
constexpr auto kLookFor = std::chrono::milliseconds(300);

constexpr char kEpilogue[] =
    "\nTARGET is what culprit why takes: a pid, a unit, the name of a process, task:NAME; and all\n"
    "that it started. One knob at a time. The limit ends by itself, whatever becomes of culprit.\n";

po::options_description make_options() {
  po::options_description options("options");
  options.add_options()("target", po::value<std::string>(), "who is to be slowed");
  add_knob_options(options);
  options.add_options()("freeze", po::value<std::string>(),
                        "stop it altogether, for 5s at most: 3s")(
      "for", po::value<std::string>()->default_value("5m"), "how long: 30s, 5m; at most 30m")(
      "victim", po::value<std::string>(), "for whose sake, named like TARGET: must not be it")(
      "own-cgroup", "cgroup v2: give a process that shares its cgroup one of its own")(
      "force", "do it although something that can be lifted speaks against it");
  add_state_option(options);
  return options;
}

/// The one knob that was asked for. A freeze is none that can be planned, or that the engine has.
Result<Setting> setting_of(const po::variables_map& values) {
  const auto asked = knob_asked(values);
  if (!asked) return tl::unexpected<Error>(asked.error());
  const bool freezes = values.count("freeze") > 0;
  if (asked->first.empty() && !freezes) return misuse(std::string("write culprit ") + kUsage);
  if (asked->first.empty()) return parse_freeze(values["freeze"].as<std::string>());
  if (freezes) return misuse("one knob at a time: which one helped could not be told");
  return parse_setting(asked->first, asked->second);
}

/// Of a freeze it is what it was asked with.
Result<std::chrono::nanoseconds> duration_of(const po::variables_map& values,
                                             const Setting& setting) {
  if (setting.knob != Knob::kFreeze) return lease_duration(values);
  if (!values["for"].defaulted()) return misuse("--freeze says itself how long: --freeze 3s");
  return std::chrono::nanoseconds(setting.number);
}

/// Who is frozen does not wait for one process: if the reverter is killed, we thaw it.
Status thaw_in_time(HostRein& rein, const Lease& lease, std::chrono::nanoseconds duration) {
  std::this_thread::sleep_for(duration);
  const auto ended = rein.revert(lease.id, "its time was over");
  if (!ended) return tl::unexpected<Error>(ended.error());
  return {};
}

/// Who runs, from /proc alone: names are enough.
Result<Snapshot> look() {
  CollectorOptions options;
  options.without = {"bpf"};
  auto source = make_collector(options);
  if (!source) return tl::unexpected<Error>(source.error());
  Model model((*source)->host());
  for (const auto wait : {std::chrono::nanoseconds(0), std::chrono::nanoseconds(kLookFor)}) {
    auto sample = (*source)->next(wait);
    if (!sample) return tl::unexpected<Error>(sample.error());
    if (!*sample) break;
    if (auto snapshot = model.advance(**sample)) return std::move(*snapshot);
  }
  return fail("no time has passed between two looks at /proc");
}

Result<ThrottleOrder> order_of(const po::variables_map& values, const Snapshot& snapshot,
                               const Setting& setting) {
  std::string note;
  auto found = order_for(snapshot, values["target"].as<std::string>(), setting, &note);
  if (!found) return found;
  if (!note.empty()) std::cerr << "culprit: " << note << '\n';
  ThrottleOrder& order = *found;
  order.own_cgroup = values.count("own-cgroup") > 0;
  if (values.count("victim")) {
    const auto victim = find_subject(snapshot, values["victim"].as<std::string>());
    if (!victim) return tl::unexpected<Error>(victim.error());
    order.victims = living_of(*victim);
  }
  return found;
}

Status run(const po::variables_map& values) {
  if (!values.count("target")) return misuse(std::string("write culprit ") + kUsage);
  const auto setting = setting_of(values);
  if (!setting) return tl::unexpected<Error>(setting.error());
  const auto duration = duration_of(values, *setting);
  if (!duration) return tl::unexpected<Error>(duration.error());
  auto rein = open_rein(values);
  if (!rein) return tl::unexpected<Error>(rein.error());
  const auto snapshot = look();
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  const auto order = order_of(values, *snapshot, *setting);
  if (!order) return tl::unexpected<Error>(order.error());
  const std::vector<Veto> vetoes = (*rein)->vetoes(*order, *snapshot);
  if (Status held = hold_vetoes(vetoes, values.count("force") > 0); !held) return held;
  LeaseTerms terms;
  terms.by = "person";
  terms.reason = "culprit throttle: " + setting_text(*setting);
  if (values.count("victim")) terms.victim = values["victim"].as<std::string>();
  terms.duration = *duration;
  terms.guards = guard_names();
  terms.overridden = veto_texts(vetoes);
  const auto lease = (*rein)->throttle(*order, terms);
  if (!lease) return tl::unexpected<Error>(lease.error());
  std::cout << lease_report(*lease) << std::flush;
  if (setting->knob == Knob::kFreeze) return thaw_in_time(**rein, *lease, *duration);
  return {};
}

}  // namespace

int run_throttle(const std::vector<std::string>& arguments) {
  po::positional_options_description positional;
  positional.add("target", 1);
  const auto parsed = parse_arguments(arguments, kUsage, make_options(), positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
