// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "act/timetable.h"

namespace culprit {

/// A timetable in DIRECTORY/schedule.json, which only its owner can read.
class ScheduleFile {
 public:
  explicit ScheduleFile(const std::filesystem::path& directory)
      : file_(directory / "schedule.json") {}

  /// Empty where there is none. One that cannot be read is an error, and is put aside as .bad.
  Result<Timetable> load();
  /// Writes it when it differs from what was loaded or written last.
  Status save(const Timetable& table);

 private:
  std::filesystem::path file_;
  std::string kept_;
};

}  // namespace culprit
