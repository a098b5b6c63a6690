// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "act/timetable.h"

namespace culprit {

/// A timetable in a file that only its owner can read.
class ScheduleFile {
 public:
  explicit ScheduleFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// Empty where there is none. One that cannot be read is an error, and is put aside as .bad.
  Result<Timetable> load();
  /// Writes it when it differs from what was loaded or written last; survives loss of power.
  Status save(const Timetable& table);

 private:
  std::filesystem::path file_;
  std::string kept_;
};

}  // namespace culprit
