// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <thread>

#include "act/freezer.h"
#include "act/io_limit.h"
#include "act/network_limit.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rein_options.h"
#include "collect/collector.h"
#include "model/model.h"
#include "model/subject.h"

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
  options.add_options()("target", po::value<std::string>(), "who is to be slowed")(
      "cpu", po::value<std::string>(), "use at most so much: 20%, 150%, 1.5; 100% is one CPU")(
      "weight", po::value<std::string>(), "share of busy CPUs: 1 to 10000, others have 100")(
      "nice", po::value<std::string>(), "nice value of its threads, 1 to 19")(
      "policy", po::value<std::string>(), "of its threads: idle or batch")(
      "io", po::value<std::string>(), "I/O class of its threads: idle, best-effort/7")(
      "io-weight", po::value<std::string>(), "share of busy disks: 1 to 10000 (cgroup v2)")(
      "io-max", po::value<std::string>(),
      "read and write no more bytes a second of each disk: 10M (cgroup v2)")(
      "memory-high", po::value<std::string>(), "reclaim memory above this: 2G (cgroup v2)")(
      "tasks-max", po::value<std::string>(), "start no more processes and threads (cgroup v2)")(
      "open-files", po::value<std::string>(), "soft limit of open files: a number, or max")(
      "deny-connect", po::value<std::string>(),
      "refuse new TCP connections to ADDRESS:PORT (cgroup v2)")(
      "connects", po::value<std::string>(), "refuse more new TCP connections: 5/s (cgroup v2)")(
      "egress", po::value<std::string>(), "send no more bytes a second: 1M (cgroup v2)")(
      "freeze", po::value<std::string>(), "stop it altogether, for 5s at most: 3s")(
      "for", po::value<std::string>()->default_value("5m"), "how long: 30s, 5m; at most 30m")(
      "victim", po::value<std::string>(), "for whose sake, named like TARGET: must not be it")(
      "own-cgroup", "cgroup v2: give a process that shares its cgroup one of its own")(
      "force", "do it although something that can be lifted speaks against it");
  add_state_option(options);
  return options;
}

/// The one knob that was asked for.
Result<Setting> setting_of(const po::variables_map& values) {
  const std::pair<const char*, Result<Setting> (*)(std::string_view)> knobs[] = {
      {"cpu", parse_cpu_quota},
      {"weight", [](std::string_view text) { return parse_weight(Knob::kCpuWeight, text); }},
      {"nice", parse_nice},
      {"policy", parse_policy},
      {"io", parse_io_class},
      {"tasks-max", parse_tasks_max},
      {"io-weight", [](std::string_view text) { return parse_weight(Knob::kIoWeight, text); }},
      {"io-max", parse_io_max},
      {"memory-high", parse_memory_high},
      {"open-files", parse_open_files},
      {"deny-connect", parse_deny_connect},
      {"connects", parse_connect_rate},
      {"egress", parse_egress},
      {"freeze", parse_freeze}};
  Result<Setting> found = misuse(std::string("write culprit ") + kUsage);
  int asked = 0;
  for (const auto& [name, parse] : knobs) {
    if (!values.count(name)) continue;
    if (++asked > 1) return misuse("one knob at a time: which one helped could not be told");
    found = parse(values[name].as<std::string>());
  }
  return found;
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

std::vector<ProcessId> ids_of(const Subject& subject) {
  std::vector<ProcessId> ids;
  for (const ProcessRow* row : subject.processes)
    if (!row->exited) ids.push_back(row->id);
  return ids;
}

LeaseTarget label_of(const Subject& subject) {
  if (subject.unit) return {"unit", subject.unit->path, {}, {}};
  if (subject.task && subject.task->members.size() > 1) return {"task", subject.task->name, {}, {}};
  const ProcessRow& row = *subject.processes.front();
  return {"process", row.name, row.id.pid, row.id.start_time_ns};
}

Result<ThrottleOrder> order_of(const po::variables_map& values, const Snapshot& snapshot,
                               const Setting& setting) {
  const auto subject = find_subject(snapshot, values["target"].as<std::string>());
  if (!subject) return tl::unexpected<Error>(subject.error());
  ThrottleOrder order;
  order.processes = ids_of(*subject);
  if (order.processes.empty()) return fail("it has ended");
  if (!subject->note.empty()) std::cerr << "culprit: " << subject->note << '\n';
  order.label = label_of(*subject);
  if (subject->unit) order.unit = subject->unit->name;
  order.setting = setting;
  order.own_cgroup = values.count("own-cgroup") > 0;
  if (values.count("victim")) {
    const auto victim = find_subject(snapshot, values["victim"].as<std::string>());
    if (!victim) return tl::unexpected<Error>(victim.error());
    order.victims = ids_of(*victim);
  }
  return order;
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
  if (Status held = hold_vetoes((*rein)->vetoes(*order, *snapshot), values.count("force") > 0);
      !held)
    return held;
  LeaseTerms terms;
  terms.by = "person";
  terms.reason = "culprit throttle: " + setting_text(*setting);
  if (values.count("victim")) terms.victim = values["victim"].as<std::string>();
  terms.duration = *duration;
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
