// SPDX-License-Identifier: Apache-2.0
#include "view/folded.h"

#include <map>

namespace culprit {
namespace {

constexpr std::uint64_t kNanosecondsPerMicrosecond = 1000;

/// What parts frames and lines may not be in a name.
std::string folded_name(std::string name) {
  for (char& letter : name) {
    if (letter == ';') letter = ':';
    if (letter == '\n' || letter == '\r') letter = '?';
  }
  return name;
}

}  // namespace

std::string folded_text(const StackProfile& profile) {
  std::map<std::string, std::uint64_t> sums;
  for (const WeightedStack& stack : profile.stacks) {
    std::string line;
    for (const FramePointer& frame : stack.frames) {
      if (!line.empty()) line += ';';
      line += folded_name(frame->function);
      if (frame->kind == CodeKind::kKernel) line += "_[k]";
    }
    sums[line] += profile.blocked ? stack.ns / kNanosecondsPerMicrosecond : stack.samples;
  }
  std::string text;
  for (const auto& [line, sum] : sums)
    if (sum > 0) text += line + ' ' + std::to_string(sum) + '\n';
  return text;
}

}  // namespace culprit
