// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_set.h"

namespace culprit {
namespace {

struct Text {
  const char* name;
  const char* text;
};

constexpr Text kFindings[] = {
#include "findings_rules.inc"
};
constexpr Text kThresholds[] = {
#include "thresholds_rules.inc"
};

}  // namespace

std::vector<RuleFile> shipped_rule_files() {
  std::vector<RuleFile> files;
  for (const Text& file : kFindings) files.push_back({file.name, file.text});
  return files;
}

const RuleFile& shipped_thresholds() {
  static const RuleFile file{kThresholds[0].name, kThresholds[0].text};
  return file;
}

}  // namespace culprit
