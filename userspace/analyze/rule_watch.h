// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "analyze/rule_set.h"

namespace culprit {

/// Sees when the files of a directory of rules change, by looking at their names, sizes and
/// times: some microseconds, once an interval.
class RuleWatch {
 public:
  /// What is in the directory now counts as known.
  explicit RuleWatch(std::filesystem::path directory);

  /// The rules anew, once after each change and when it is over: a file that is being written
  /// changes from look to look. An error tells why they are refused; those that were used are to
  /// stay. Absent: nothing changed.
  std::optional<Result<std::shared_ptr<const RuleSet>>> poll();

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::string look() const;

  std::filesystem::path directory_;
  std::string known_, seen_;  ///< as look() gave it: when the rules were read, and the last time
};

}  // namespace culprit
