// SPDX-License-Identifier: Apache-2.0
#include "cli/rein_options.h"

#include <algorithm>
#include <iostream>

#include "util/duration.h"
#include "util/rfc3339.h"

namespace culprit {
namespace po = boost::program_options;

void add_state_option(po::options_description& options) {
  options.add_options()("state", po::value<std::string>()->default_value(kStateDirectory),
                        "directory of the journal of what was changed");
}

void add_knob_options(po::options_description& options) {
  for (const KnobOption& knob : knob_options())
    options.add_options()(knob.name, po::value<std::string>(), knob.help);
}

Result<std::pair<std::string, std::string>> knob_asked(const po::variables_map& values) {
  std::pair<std::string, std::string> asked;
  for (const KnobOption& knob : knob_options()) {
    if (!values.count(knob.name)) continue;
    if (!asked.first.empty())
      return misuse("one knob at a time: which one helped could not be told");
    asked = {knob.name, values[knob.name].as<std::string>()};
  }
  return asked;
}

Result<std::unique_ptr<HostRein>> open_rein(const po::variables_map& values) {
  auto rein = HostRein::open(values["state"].as<std::string>(), KeptBy::kOwnReverter);
  if (!rein) return rein;
  for (const Lease& lease : (*rein)->recovered())
    std::cerr << "culprit: " << lease.id << " (" << lease.target.name
              << ") was left behind and is taken back: " << undo_text(lease) << '\n';
  return rein;
}

Result<std::chrono::nanoseconds> lease_duration(const po::variables_map& values) {
  auto duration = parse_duration(values["for"].as<std::string>());
  if (duration && *duration > kLongestLease)
    return misuse("--for takes 30m at most: who still wants it then, says so again");
  return duration;
}

Status hold_vetoes(const std::vector<Veto>& vetoes, bool force) {
  const Veto* stops = nullptr;
  for (const Veto& veto : vetoes) {
    const bool lifted = force && !veto.absolute;
    if (!stops && !lifted) stops = &veto;
  }
  if (!stops) {
    for (const Veto& veto : vetoes)
      std::cerr << "culprit: --force: although " << veto.reason << " (" << veto.name << ")\n";
    return {};
  }
  std::string reasons;
  constexpr std::size_t kTold = 5;
  for (std::size_t index = 0; index < std::min(vetoes.size(), kTold); ++index)
    reasons += (index ? "; " : "") + vetoes[index].reason + " (" + vetoes[index].name + ")";
  if (vetoes.size() > kTold)
    reasons += "; and " + std::to_string(vetoes.size() - kTold) + " reasons more";
  return fail("nothing is changed: " + reasons +
              (stops->absolute ? "" : "; --force does it all the same"));
}

std::string lease_report(const Lease& lease) {
  std::string text = lease.id + ": " + lease.target.kind + " " + lease.target.name;
  if (lease.target.pid && lease.target.kind == "process")
    text += " (" + std::to_string(*lease.target.pid) + ")";
  const std::string until = lease.kept
                                ? "the host is started anew"
                                : rfc3339(lease.deadline_wall_ns) + ", then it ends by itself";
  text += ": " + lease.knob + "\n  now    " + lease.new_text + "\n  before " + lease.old_text +
          "\n  until  " + until + "\n  undo   " + lease.undo_text + "\n";
  return text;
}

}  // namespace culprit
