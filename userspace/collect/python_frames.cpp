// SPDX-License-Identifier: Apache-2.0
#include "collect/python_frames.h"

#include <string>

#include "bpf/stack.h"

namespace culprit {
namespace {

constexpr std::size_t kMostKnown = 262'144;  // then all are named anew
constexpr std::size_t kMostProcesses = 4096;

std::string place_of(const CodeName& name) {
  return name.line ? name.file + ':' + std::to_string(name.line) : name.file;
}

}  // namespace

std::uint32_t PythonFrames::more_callers() {
  return frames_.id(CodeKind::kPython, "[more callers]", "");
}

std::uint32_t PythonFrames::id(Known& known, std::uint64_t code, const FindCode& find) {
  if (code == 0) return 0;
  if (code == TRACE_CUT) return more_callers();
  if (const auto found = known.find(code); found != known.end()) return found->second;
  const PythonCode* read = find(code);
  if (!read) return frames_.id(CodeKind::kPython, "[unknown]", "");
  known_++;
  return known[code] = frames_.id(CodeKind::kPython, read->name.function, place_of(read->name));
}

std::vector<std::uint32_t> PythonFrames::ids(std::uint32_t pid, std::uint64_t start_time_ns,
                                             const std::vector<std::uint64_t>& codes,
                                             const FindCode& find) {
  if (codes.empty()) return {};
  if (known_ >= kMostKnown || processes_.size() >= kMostProcesses) {
    processes_.clear();
    known_ = 0;
  }
  Known& known = processes_[{pid, start_time_ns}];
  std::vector<std::uint32_t> ids;
  for (const std::uint64_t code : codes) ids.push_back(id(known, code, find));
  if (codes.size() >= TRACE_FRAMES && codes.back() != TRACE_CUT) ids.push_back(more_callers());
  return ids;
}

}  // namespace culprit
