// SPDX-License-Identifier: Apache-2.0
#include "cli/history_source.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>

#include "cli/judging.h"
#include "cli/watch.h"
#include "store/history.h"
#include "store/recording.h"
#include "util/clock.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::uint64_t kFlushEvery = 32;  // snapshots: fewer than the writer can queue

Result<std::filesystem::path> make_scratch() {
  std::error_code error;
  std::filesystem::path base = std::filesystem::temp_directory_path(error);
  if (error) return fail("no directory for temporary files: " + error.message());
  std::string name = (base / "culprit-history-XXXXXX").string();
  if (!mkdtemp(name.data())) return fail(name + ": " + std::strerror(errno));
  return std::filesystem::path(name);
}

}  // namespace

void HistorySource::add_options(po::options_description& options) {
  options.add_options()("history", po::value<std::string>()->default_value(kHistoryPath),
                        "the file of history to read")(
      "from", po::value<std::string>(), "read this recording, judged anew, as if it were history");
  add_rules_option(options);
}

Result<std::uint64_t> import_recording(const po::variables_map& values,
                                       const std::string& recording, const std::string& file) {
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  const auto source = Recording::open(recording);
  if (!source) return tl::unexpected<Error>(source.error());
  const auto writer = HistoryWriter::open(file);
  if (!writer) return tl::unexpected<Error>(writer.error());
  Judge judge(std::move(*rules));
  const InterruptScope interruptible(**source);
  std::uint64_t intervals = 0;
  const Status done = watch(**source, {}, [&](Snapshot& snapshot) -> Result<bool> {
    judge.judge(snapshot);
    (*writer)->write(snapshot);
    if (++intervals % kFlushEvery == 0)
      if (const Status kept = (*writer)->flush(); !kept) return tl::unexpected<Error>(kept.error());
    return true;
  });
  if (!done) return tl::unexpected<Error>(done.error());
  if (const Status kept = (*writer)->flush(); !kept) return tl::unexpected<Error>(kept.error());
  return intervals;
}

Result<HistorySource> HistorySource::open(const po::variables_map& values) {
  HistorySource source;
  std::string file = values["history"].as<std::string>();
  if (values.count("from")) {
    if (!values["history"].defaulted())
      return misuse("--from and --history: name one of them to read");
    const auto scratch = make_scratch();
    if (!scratch) return tl::unexpected<Error>(scratch.error());
    source.scratch_ = std::make_unique<std::filesystem::path>(*scratch);
    file = (*scratch / "history.db").string();
    const auto made = import_recording(values, values["from"].as<std::string>(), file);
    if (!made) return tl::unexpected<Error>(made.error());
  }
  auto reader = HistoryReader::open(file);
  if (!reader) return tl::unexpected<Error>(reader.error());
  source.reader_ = std::move(*reader);
  source.now_ns_ = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  if (values.count("from")) {
    const auto held = source.reader_->span();
    if (!held) return tl::unexpected<Error>(held.error());
    if (*held) source.now_ns_ = (*held)->until_ns;
  }
  return source;
}

HistorySource::~HistorySource() {
  reader_.reset();
  std::error_code error;
  if (scratch_) std::filesystem::remove_all(*scratch_, error);
}

}  // namespace culprit
