// SPDX-License-Identifier: Apache-2.0
#include "model/task_rules.h"

namespace culprit {

std::span<const RuleText> shipped_task_rules() {
  static constexpr RuleText kFiles[] = {
#include "tasks_rules.inc"
  };
  return kFiles;
}

}  // namespace culprit
