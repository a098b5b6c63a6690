// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "model/stack_frame.h"
#include "model/stack_profile.h"

namespace culprit::test {

/// "k:vfs_read" is the kernel's, "p:main.run" Python's, "c:" C++, "j:" compiled at run time,
/// "n:" the name of a process, "0" a null; everything else native.
inline FramePointer stack_frame(const std::string& word) {
  static const std::map<char, CodeKind> kinds = {{'k', CodeKind::kKernel},
                                                 {'p', CodeKind::kPython},
                                                 {'c', CodeKind::kCplusplus},
                                                 {'j', CodeKind::kJit},
                                                 {'n', CodeKind::kProcess}};
  if (word == "0") return nullptr;
  if (word.size() > 2 && word[1] == ':' && kinds.count(word[0]))
    return std::make_shared<StackFrame>(StackFrame{kinds.at(word[0]), word.substr(2), ""});
  return std::make_shared<StackFrame>(StackFrame{CodeKind::kNative, word, ""});
}

/// Words with blanks between.
inline Frames stack_frames(const std::string& words) {
  Frames frames;
  std::istringstream in(words);
  for (std::string word; in >> word;) frames.push_back(stack_frame(word));
  return frames;
}

inline std::string functions_of(const Frames& frames) {
  std::string words;
  for (const FramePointer& frame : frames)
    words += (words.empty() ? "" : " ") + (frame ? frame->function : "0");
  return words;
}

/// Three stacks, 10 samples of 2 ms: main → work (6), main → work → vfs_read (3), idle (1).
inline StackProfile small_profile() {
  StackProfile profile;
  profile.subject = "process 7 (a&b)";
  profile.start_wall_ns = 1'700'000'000'000'000'000;
  profile.duration_ns = 1'000'000'000;
  profile.period_ns = 2'000'000;
  profile.stacks = {{stack_frames("n:app main work"), 6, 12'000'000},
                    {stack_frames("n:app main work k:vfs_read"), 3, 6'000'000},
                    {stack_frames("n:app idle<int>"), 1, 2'000'000}};
  return profile;
}

}  // namespace culprit::test
