// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/frame_book.h"
#include "runtime/python_code.h"

namespace culprit {

/// Names what Python threads ran, as a walk in the kernel found it.
class PythonFrames {
 public:
  /// The code object at an address of the process; null when it cannot be read.
  using FindCode = std::function<const PythonCode*(std::uint64_t)>;

  explicit PythonFrames(FrameBook& frames) : frames_(frames) {}

  /// Ids of frames in the order of `codes`; what is 0 there (see TRACE_INTERPRETER) stays so.
  /// A function that cannot be read is "[unknown]", and asked for again the next time.
  std::vector<std::uint32_t> ids(std::uint32_t pid, std::uint64_t start_time_ns,
                                 const std::vector<std::uint64_t>& codes, const FindCode& find);

 private:
  using Known = std::unordered_map<std::uint64_t, std::uint32_t>;

  std::uint32_t more_callers();
  std::uint32_t id(Known& known, std::uint64_t code, const FindCode& find);

  FrameBook& frames_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Known> processes_;
  std::size_t known_ = 0;  ///< in all of them
};

}  // namespace culprit
