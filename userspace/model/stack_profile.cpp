// SPDX-License-Identifier: Apache-2.0
#include "model/stack_profile.h"

#include <cmath>
#include <map>
#include <memory>
#include <utility>

namespace culprit {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

/// Names of processes and threads as frames, each made once.
class NameFrames {
 public:
  const FramePointer& of(const std::string& name) {
    FramePointer& frame = frames_[name];
    if (!frame) frame = std::make_shared<StackFrame>(StackFrame{CodeKind::kProcess, name, ""});
    return frame;
  }

 private:
  std::map<std::string, FramePointer> frames_;
};

std::uint64_t to_ns(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * kNanosecondsPerSecond));
}

}  // namespace

StackProfile make_stack_profile(const Snapshot& snapshot, bool blocked,
                                const std::function<bool(const StackRow&)>& wanted) {
  StackProfile profile;
  profile.blocked = blocked;
  profile.start_wall_ns = snapshot.start_wall_ns;
  profile.duration_ns = to_ns(snapshot.seconds);
  if (!snapshot.stacks) return profile;
  std::map<ProcessId, std::string> names;
  for (const ProcessRow& row : snapshot.processes) names[row.id] = row.name;
  NameFrames frames;
  for (const StackRow& row : *snapshot.stacks) {
    if (row.blocked != blocked || !wanted(row)) continue;
    const auto name = names.find(row.process);
    // A process that nothing else is known of had a thread of that name.
    const std::string& process = name == names.end() ? row.thread_name : name->second;
    WeightedStack stack{{frames.of(process)}, row.samples, to_ns(row.seconds)};
    if (row.thread_name != process) stack.frames.push_back(frames.of(row.thread_name));
    stack.frames.insert(stack.frames.end(), row.frames.begin(), row.frames.end());
    if (!blocked && stack.samples > 0) profile.period_ns = stack.ns / stack.samples;
    profile.stacks.push_back(std::move(stack));
  }
  return profile;
}

}  // namespace culprit
