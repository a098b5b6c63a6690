// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace culprit {

/// A process that runs Python, whose tasks cannot be told.
struct PythonRefusal {
  std::uint32_t pid = 0;
  std::string executable;
  std::string reason;
};

/// Those whose executable is called python, by pid; at most 64. `root` is "/" but in tests.
std::vector<PythonRefusal> find_python_refusals(const std::filesystem::path& root = "/");

}  // namespace culprit
