// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "act/journal_record.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

inline constexpr char kStateDirectory[] = "/run/culprit";

/// What was changed and how to take it back, in DIRECTORY/journal. /run is kept in memory: what
/// the kernel holds for us dies with the boot, as the journal does, and no disk that is the
/// trouble is waited for. Several processes may use it; who changes something holds the lock.
class Journal {
 public:
  /// Makes the directory. One that others may write to is refused.
  static Result<Journal> open(const std::filesystem::path& directory);
  /// The same for who only reads: makes nothing, and asks for nothing.
  static Journal to_read(const std::filesystem::path& directory) { return Journal(directory); }

  /// Keeps all other writers out while the result lives. Waits for them.
  Result<Fd> lock() const;
  /// Adds whole lines. When it fails nothing was added that reads as a line.
  Status append(const std::string& lines) const;
  /// Empty when there is no journal yet.
  Result<JournalText> read() const;
  /// Drops what is long closed when the journal has grown; with the lock held.
  Status shorten() const;

  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path file() const { return directory_ / "journal"; }

 private:
  explicit Journal(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path directory_;
};

}  // namespace culprit
