// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/reading_options.h"
#include "cli/watch.h"
#include "store/recording.h"
#include "util/duration.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

using std::chrono::nanoseconds;

constexpr char kEpilogue[] =
    "\nThe file holds names, users and, without --hide-commands, command lines of all processes,\n"
    "their addresses, and the texts of queries and routes without literals;\n"
    "only its owner can read it. A recording that is killed loses its last sample at most.\n";

struct Span {
  nanoseconds interval{0};
  std::optional<nanoseconds> duration;
};

struct Recorded {
  std::uint64_t samples = 0, bytes = 0;
  double seconds = 0;
};

Result<Recorded> record(SampleSource& source, RecordingWriter& writer, const Span& span) {
  Recorded recorded;
  std::uint64_t begin_ns = 0;
  nanoseconds wait{0};
  for (;;) {
    const auto sample = source.next(wait);
    if (!sample) return tl::unexpected(sample.error());
    if (!*sample) break;
    if (const Status kept = writer.append(**sample); !kept) return tl::unexpected(kept.error());
    if (recorded.samples++ == 0) begin_ns = (*sample)->monotonic_ns;
    const nanoseconds passed((*sample)->monotonic_ns - begin_ns);
    recorded.seconds = std::chrono::duration<double>(passed).count();
    recorded.bytes = writer.bytes();
    if (source.interrupted() || (span.duration && passed >= *span.duration)) break;
    wait = until_next_tick(passed, span.interval);
    if (span.duration) wait = std::min(wait, *span.duration - passed);
  }
  report_note(source);
  return recorded;
}

Status run(const po::variables_map& values) {
  if (!values.count("file")) return misuse("record: name the file to write; try record --help");
  const auto interval = parse_duration(values["interval"].as<std::string>());
  if (!interval) return tl::unexpected(interval.error());
  Span span{.interval = *interval, .duration = {}};
  if (values.count("duration")) {
    const auto duration = parse_duration(values["duration"].as<std::string>());
    if (!duration) return tl::unexpected(duration.error());
    span.duration = *duration;
  }
  const auto source = open_source(values);
  if (!source) return tl::unexpected(source.error());
  const InterruptScope interruptible(**source);
  const std::string file = values["file"].as<std::string>();
  const auto writer = RecordingWriter::create(file, (*source)->host());
  if (!writer) return tl::unexpected(writer.error());
  const auto recorded = record(**source, **writer, span);
  if (!recorded) return tl::unexpected(recorded.error());
  std::cout << file << ": " << recorded->samples << " samples over " << recorded->seconds << " s, "
            << recorded->bytes << " bytes\n";
  return {};
}

}  // namespace

int run_record(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("file", po::value<std::string>(), "the recording to write")(
      "interval,i", po::value<std::string>()->default_value("1"),
      "time between two samples: 1, 500ms, 1m")("duration,d", po::value<std::string>(),
                                                "stop after this long; without it go on")(
      "stacks", "keep stacks of threads on a CPU, too, for culprit flame");
  add_reading_options(options);
  po::positional_options_description positional;
  positional.add("file", 1);
  const auto parsed =
      parse_arguments(arguments, "record FILE [OPTION...]", options, positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  if (const Status done = run(parsed->values); !done) return report(done.error());
  return kExitDone;
}

}  // namespace culprit
