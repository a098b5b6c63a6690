// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "store/history_reader.h"
#include "util/result.h"

namespace culprit {

/// What history and trends read: a file of history, or a recording that is judged into one which
/// goes with this.
class HistorySource {
 public:
  /// Adds --history FILE, --from RECORDING and --rules.
  static void add_options(boost::program_options::options_description& options);
  static Result<HistorySource> open(const boost::program_options::variables_map& values);

  HistorySource(HistorySource&&) = default;
  HistorySource& operator=(HistorySource&&) = delete;
  ~HistorySource();

  HistoryReader& reader() { return *reader_; }
  /// The clock's; for a recording, its end.
  std::int64_t now_ns() const { return now_ns_; }

 private:
  HistorySource() = default;

  std::unique_ptr<std::filesystem::path> scratch_;
  std::unique_ptr<HistoryReader> reader_;
  std::int64_t now_ns_ = 0;
};

/// Judges each interval of the recording that the options name into the file; gives the number of
/// intervals.
Result<std::uint64_t> import_recording(const boost::program_options::variables_map& values,
                                       const std::string& recording, const std::string& file);

}  // namespace culprit
