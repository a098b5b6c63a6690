// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analyze/rule_compiler.h"

namespace culprit {

/// The rules that speak: those of later files replace those of earlier ones with their id,
/// silenced ones are left out, thresholds of users' files are put into the rules they name.
class RuleSet {
 public:
  static Result<RuleSet> compile(std::span<const RuleFile> files);
  /// Those within the binary.
  static const RuleSet& shipped();

  const std::vector<Rule>& rules() const { return rules_; }
  /// Ids of known rules that some file silenced.
  const std::vector<std::string>& silenced() const { return silenced_; }
  /// nullptr: none of that id speaks.
  const Rule* find(std::string_view id) const;

 private:
  Status add(CompiledFile compiled, const std::string& file);

  std::vector<Rule> rules_;
  std::vector<std::string> silenced_;
};

std::vector<RuleFile> shipped_rule_files();
/// {"system_thresholds": …} as they are shipped.
const RuleFile& shipped_thresholds();

/// Every *.json of a directory in order of name; none where there is no such directory.
Result<std::vector<RuleFile>> read_rule_files(const std::filesystem::path& directory);
/// A file, or every *.json of a directory, that has to be there.
Result<std::vector<RuleFile>> read_rules_at(const std::filesystem::path& path);

/// The shipped rules and those of a directory. Reads again when asked; what does not compile
/// changes nothing.
class RuleSource {
 public:
  explicit RuleSource(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// An error leaves the rules as they were.
  Status reload();
  std::shared_ptr<const RuleSet> rules() const { return rules_; }

 private:
  std::filesystem::path directory_;
  std::shared_ptr<const RuleSet> rules_ = std::make_shared<const RuleSet>(RuleSet::shipped());
};

}  // namespace culprit
