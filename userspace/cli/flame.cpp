// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <functional>
#include <iostream>
#include <set>
#include <string>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/reading_options.h"
#include "cli/watch.h"
#include "model/stack_profile.h"
#include "model/subject.h"
#include "serve/pprof.h"
#include "serve/speedscope.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "view/flame_svg.h"
#include "view/folded.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::int64_t kMostHertz = 5000;

struct Format {
  std::string_view name;
  bool binary;
  std::string (*write)(const StackProfile&);
};
constexpr Format kFormats[] = {{"folded", false, folded_text},
                               {"svg", false, flame_svg},
                               {"pprof", true, pprof_file},
                               {"speedscope", false, speedscope_json}};

po::options_description make_options() {
  po::options_description options("options");
  options.add_options()("pid,p", po::value<std::int64_t>(), "stacks of this process")(
      "unit,u", po::value<std::string>(), "stacks of the processes of this unit")(
      "task,t", po::value<std::string>(), "stacks of this task: its id, name or a part of it")(
      "off-cpu", "stacks of blocked threads, by time; else of those on a CPU")(
      "threshold", po::value<std::string>()->default_value("1ms"),
      "with --off-cpu: shorter waits are not counted")(
      "duration,d", po::value<std::string>()->default_value("10"),
      "how long to watch: 10, 10s, 5m")("frequency", po::value<std::int64_t>()->default_value(499),
                                        "samples in a second on each CPU")(
      "format,f", po::value<std::string>()->default_value("folded"),
      "folded, svg, pprof or speedscope")("output,o", po::value<std::string>(),
                                          "write to this file, not to stdout");
  add_reading_options(options);
  return options;
}

Result<const Format*> format_of(const po::variables_map& values) {
  const std::string name = values["format"].as<std::string>();
  for (const Format& format : kFormats)
    if (format.name == name) return &format;
  return misuse("--format is folded, svg, pprof or speedscope, not '" + name + "'");
}

Result<StackOptions> stack_options(const po::variables_map& values) {
  const auto threshold = parse_duration(values["threshold"].as<std::string>());
  if (!threshold) return tl::unexpected<Error>(threshold.error());
  // Signed: what Boost reads as unsigned takes -1 for four billion.
  const auto frequency = values["frequency"].as<std::int64_t>();
  if (frequency < 1 || frequency > kMostHertz)
    return misuse("--frequency takes 1 to " + std::to_string(kMostHertz));
  if (values.count("pid") + values.count("unit") + values.count("task") > 1)
    return misuse("--pid, --unit or --task, only one of them");
  StackOptions stacks;
  stacks.blocked = values.count("off-cpu") > 0;
  if (!stacks.blocked && !values["threshold"].defaulted())
    return misuse("--threshold is for --off-cpu");
  if (stacks.blocked && !values["frequency"].defaulted())
    return misuse("--frequency is for stacks on a CPU; --off-cpu counts every wait");
  for (const char* live : {"frequency", "threshold"})
    if (values.count("from") && !values[live].defaulted())
      return misuse(std::string("--") + live +
                    " is for the running host; a recording holds what it holds");
  stacks.frequency_hz = stacks.blocked ? 0 : static_cast<std::uint32_t>(frequency);
  stacks.blocked_threshold_ns = static_cast<std::uint64_t>(threshold->count());
  if (values.count("pid")) {
    const auto pid = values["pid"].as<std::int64_t>();
    if (pid < 1 || pid > (1 << 22)) return misuse("--pid takes the number of a process");
    stacks.pid = static_cast<std::uint32_t>(pid);
  }
  return stacks;
}

/// Why there are none, as the probe itself tells it.
Error no_stacks(const SampleSource& source, const Snapshot& snapshot, bool recorded) {
  if (recorded) return {ErrorKind::kFailed, source.name() + ": holds no stacks"};
  for (const ProbeRow& probe : snapshot.collector.probes)
    if (probe.name == "stack" && !probe.reason.empty() && probe.reason != "not asked for")
      return {ErrorKind::kHost, "no stacks: " + probe.reason};
  return {ErrorKind::kHost, "no stacks: BPF is not to be had; culprit doctor tells why"};
}

struct Selection {
  std::string subject;
  std::function<bool(const StackRow&)> wanted;
};

Result<Selection> select_task(const Snapshot& snapshot, const std::string& name) {
  const auto subject = find_task(snapshot, name);
  if (!subject) return tl::unexpected<Error>(subject.error());
  if (!subject->note.empty()) std::cerr << "culprit: " << subject->note << '\n';
  return Selection{"task " + subject->task->name,
                   [id = subject->task->id](const StackRow& row) { return row.task == id; }};
}

Result<Selection> select(const Snapshot& snapshot, const po::variables_map& values) {
  if (!values.count("pid") && !values.count("unit") && !values.count("task"))
    return Selection{"host " + snapshot.host.hostname, [](const StackRow&) { return true; }};
  if (values.count("task")) return select_task(snapshot, values["task"].as<std::string>());
  const bool by_pid = values.count("pid") > 0;
  const auto subject =
      by_pid ? find_subject(snapshot, "pid:" + std::to_string(values["pid"].as<std::int64_t>()))
             : find_unit(snapshot, values["unit"].as<std::string>());
  if (!subject) return tl::unexpected<Error>(subject.error());
  std::set<ProcessId> processes;
  for (const ProcessRow* process : subject->processes) processes.insert(process->id);
  Selection selection;
  selection.wanted = [processes](const StackRow& row) { return processes.count(row.process) > 0; };
  if (by_pid)
    selection.subject = "process " + std::to_string(subject->processes.front()->id.pid) + " (" +
                        subject->processes.front()->name + ")";
  else
    selection.subject = "unit " + subject->unit->name;
  return selection;
}

/// Stacks that did not get into the tables would make the rest look larger.
void tell_losses(const Snapshot& snapshot) {
  for (const auto& [cause, count] : snapshot.collector.lost_by_cause)
    if (cause.rfind("stack", 0) == 0)
      std::cerr << "culprit: " << count << " lost: " << cause << '\n';
}

Result<StackProfile> take_profile(const po::variables_map& values) {
  const auto stacks = stack_options(values);
  if (!stacks) return tl::unexpected<Error>(stacks.error());
  const auto duration = parse_duration(values["duration"].as<std::string>());
  if (!duration) return tl::unexpected<Error>(duration.error());
  auto source = open_stack_source(values, *stacks);
  if (!source) return tl::unexpected<Error>(source.error());
  const InterruptScope interruptible(**source);
  const auto snapshot = watch_once(**source, values, *duration);
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  report_note(**source);
  if (!snapshot->stacks)
    return tl::unexpected(no_stacks(**source, *snapshot, values.count("from") > 0));
  tell_losses(*snapshot);
  const auto selection = select(*snapshot, values);
  if (!selection) return tl::unexpected<Error>(selection.error());
  StackProfile profile = make_stack_profile(*snapshot, stacks->blocked, selection->wanted);
  profile.subject = selection->subject;
  if (profile.stacks.empty())
    return fail(selection->subject + (stacks->blocked ? ": nothing was blocked for so long"
                                                      : ": was never found on a CPU"));
  return profile;
}

Status run(const po::variables_map& values) {
  const auto format = format_of(values);
  if (!format) return tl::unexpected<Error>(format.error());
  if ((*format)->binary && !values.count("output") && isatty(STDOUT_FILENO))
    return misuse("--format pprof is not for a terminal; name a file with --output");
  const auto profile = take_profile(values);
  if (!profile) return tl::unexpected<Error>(profile.error());
  const std::string bytes = (*format)->write(*profile);
  if (values.count("output")) return write_output_file(values["output"].as<std::string>(), bytes);
  std::cout << bytes << std::flush;
  return std::cout ? Status() : fail("stdout cannot be written");
}

}  // namespace

int run_flame(const std::vector<std::string>& arguments) {
  const auto parsed = parse_arguments(
      arguments, "flame [OPTION...]", make_options(), {},
      "\nWithout --pid, --unit and --task: of all processes. What was compiled without frame\n"
      "pointers shows its innermost function, and not who called it; functions in Python are\n"
      "shown all the same.\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
