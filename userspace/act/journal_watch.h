// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "act/journal.h"
#include "model/action.h"

namespace culprit {

/// What a journal tells, read anew only when it has changed. Changes nothing, and needs no more
/// than the right to read.
class JournalWatch {
 public:
  explicit JournalWatch(const std::filesystem::path& directory)
      : journal_(Journal::to_read(directory)) {}

  /// Looks at it; true when it has changed since the last look.
  bool look();
  /// Oldest first; those that an older look found where it cannot be read any more.
  const std::vector<Action>& actions() const { return actions_; }
  /// What they were told of.
  const std::vector<Lease>& leases() const { return leases_; }
  /// Why it could not be read the last time; "": it could, or there is none.
  const std::string& error() const { return error_; }
  std::size_t unreadable_lines() const { return unreadable_lines_; }

 private:
  Journal journal_;
  struct stat seen_ {};
  std::vector<Action> actions_;
  std::vector<Lease> leases_;
  std::string error_;
  std::size_t unreadable_lines_ = 0;
};

}  // namespace culprit
