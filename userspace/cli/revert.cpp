// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "act/actuators.h"
#include "act/reverter.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rein_options.h"
#include "collect/host_identity.h"
#include "collect/text_scan.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kUsage[] = "revert ID...|--all [OPTION...]";
constexpr char kEpilogue[] =
    "\nA value is taken back only while it is the one that culprit wrote. What somebody else "
    "wrote\n"
    "since stays, and is told.\n";

/// The journal alone: to take back has to work whatever else of the host does not.
Result<Ledger> open_ledger(const po::variables_map& values, Actuator& actuators) {
  if (::geteuid() != 0) return unsupported("to take back takes root");
  auto journal = Journal::open(values["state"].as<std::string>());
  if (!journal) return tl::unexpected<Error>(journal.error());
  std::string boot_id = read_host_identity().boot_id;
  if (boot_id.empty()) return unsupported("/proc/sys/kernel/random/boot_id cannot be read");
  return Ledger(std::move(*journal), actuators, std::move(boot_id), host_clock());
}

void tell(const Lease& lease) {
  std::cout << lease.id << ": " << lease.target.name << ": " << lease.knob << ": "
            << undo_text(lease) << '\n';
}

Status revert_all(Ledger& ledger) {
  const auto done =
      ledger.revert_if([](const Lease& lease) { return !lease.kept; }, "culprit revert --all");
  if (!done) return tl::unexpected<Error>(done.error());
  for (const Lease& lease : *done) tell(lease);
  if (done->empty()) std::cerr << "culprit: nothing is throttled\n";
  return {};
}

/// As Ledger::new_id makes them.
bool is_id(std::string_view text) {
  return text.size() == 9 && text.front() == 'r' &&
         text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

Status check_ids(const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    if (!is_id(id))
      return misuse("'" + printable(id, 40) +
                    "' is no id of an action; culprit actions lists them");
  return {};
}

Status revert_these(Ledger& ledger, const std::vector<std::string>& ids) {
  const auto known = ledger.leases();
  if (!known) return tl::unexpected<Error>(known.error());
  for (const std::string& id : ids) {
    const auto before = std::find_if(known->begin(), known->end(),
                                     [&](const Lease& lease) { return lease.id == id; });
    if (before != known->end() && !before->open()) {
      std::cerr << "culprit: " << id << " has ended before: " << before->closed_because << '\n';
      continue;
    }
    const auto lease = ledger.revert(id, "culprit revert");
    if (!lease) return tl::unexpected<Error>(lease.error());
    tell(*lease);
  }
  return {};
}

Result<Keeper> parse_owner(const std::string& text) {
  const std::string_view words = text;
  const std::size_t colon = words.find(':');
  const auto pid = to_number<std::uint32_t>(words.substr(0, colon));
  const auto ticks = colon == std::string_view::npos
                         ? std::nullopt
                         : to_number<std::uint64_t>(words.substr(colon + 1));
  if (!pid || !ticks) return misuse("--owner takes PID:STARTED, not '" + printable(text, 40) + "'");
  return Keeper{*pid, *ticks};
}

Status keep(Ledger& ledger, const po::variables_map& values) {
  ReverterOptions options;
  if (values.count("keep")) options.lease = values["keep"].as<std::string>();
  if (values.count("owner")) {
    const auto owner = parse_owner(values["owner"].as<std::string>());
    if (!owner) return tl::unexpected<Error>(owner.error());
    options.owner = *owner;
    options.owner_pipe = STDIN_FILENO;
  }
  return run_reverter(ledger, options);
}

Status run(const po::variables_map& values) {
  const int asked = (values.count("id") > 0) + (values.count("all") > 0) +
                    (values.count("keep") > 0) + (values.count("owner") > 0);
  if (asked != 1) return misuse(std::string("write culprit ") + kUsage);
  if (values.count("id"))
    if (Status right = check_ids(values["id"].as<std::vector<std::string>>()); !right) return right;
  HostActuators actuators;
  auto ledger = open_ledger(values, actuators);
  if (!ledger) return tl::unexpected<Error>(ledger.error());
  if (values.count("keep") || values.count("owner")) return keep(*ledger, values);
  if (values.count("all")) return revert_all(*ledger);
  return revert_these(*ledger, values["id"].as<std::vector<std::string>>());
}

}  // namespace

int run_revert(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("id", po::value<std::vector<std::string>>(),
                        "of actions, as culprit actions lists them")(
      "all", "everything that is throttled now; not what was to be kept")(
      "keep", po::value<std::string>(), "stay, and take this one back when its time is over")(
      "owner", po::value<std::string>(),
      "stay, and take back what this process (PID:STARTED) keeps when stdin is closed");
  add_state_option(options);
  po::positional_options_description positional;
  positional.add("id", -1);
  const auto parsed = parse_arguments(arguments, kUsage, options, positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
