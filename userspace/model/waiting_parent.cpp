// SPDX-License-Identifier: Apache-2.0
#include "model/waiting_parent.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "model/task_class.h"

namespace culprit {
namespace {

/// A script that starts a script that starts …
constexpr int kMostLevels = 4;

bool only_waits(const ProcessRow& process) {
  // A shell that waits for a person is of the system, and so not of no class.
  static constexpr std::array<std::string_view, 7> kWaiters = {"sudo",  "su",   "time", "timeout",
                                                               "flock", "make", "xargs"};
  return process.process_class == Class::kUnknown && !process.exited &&
         (runs_shell(process) ||
          std::find(kWaiters.begin(), kWaiters.end(), process.name) != kWaiters.end());
}

struct Children {
  ProcessRow* parent;
  const ProcessRow* least_sure = nullptr;
  bool all_background = true;
};

bool pass_on(std::vector<ProcessRow>& processes) {
  std::unordered_map<std::uint32_t, Children> waiting;
  for (ProcessRow& process : processes)
    if (only_waits(process)) waiting.emplace(process.id.pid, Children{&process});
  if (waiting.empty()) return false;
  for (const ProcessRow& process : processes) {
    const auto found = waiting.find(process.parent_pid);
    if (found == waiting.end()) continue;
    Children& children = found->second;
    children.all_background &= process.process_class == Class::kBackground;
    if (!children.least_sure || process.class_confidence < children.least_sure->class_confidence)
      children.least_sure = &process;
  }
  bool changed = false;
  for (const auto& [pid, children] : waiting) {
    if (!children.least_sure || !children.all_background) continue;
    children.parent->process_class = Class::kBackground;
    children.parent->class_confidence = children.least_sure->class_confidence;
    children.parent->class_because =
        "waits for " + children.least_sure->name + ": " + children.least_sure->class_because;
    changed = true;
  }
  return changed;
}

}  // namespace

void classify_waiting_parents(std::vector<ProcessRow>& processes) {
  for (int level = 0; level < kMostLevels && pass_on(processes); ++level) {
  }
}

}  // namespace culprit
