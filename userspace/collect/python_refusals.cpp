// SPDX-License-Identifier: Apache-2.0
#include "collect/python_refusals.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "runtime/process_memory.h"
#include "runtime/python_process.h"

namespace culprit {
namespace {

constexpr std::size_t kMostRefusals = 64;

}  // namespace

std::vector<PythonRefusal> find_python_refusals(const std::filesystem::path& root) {
  std::vector<PythonRefusal> refusals;
  std::error_code error;
  std::filesystem::directory_iterator processes(root / "proc", error);
  for (const std::filesystem::directory_iterator end; !error && processes != end;
       processes.increment(error)) {
    const std::string name = processes->path().filename().string();
    std::uint32_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr !=
        name.data() + name.size())
      continue;
    std::error_code ended;
    const auto executable = std::filesystem::read_symlink(processes->path() / "exe", ended);
    if (ended || executable.filename().string().find("python") == std::string::npos) continue;
    const ProcessMemory memory(static_cast<pid_t>(pid));
    const auto facts = find_python({root, static_cast<pid_t>(pid)}, memory);
    if (facts && *facts) continue;
    refusals.push_back(
        {pid, executable.string(), facts ? "no interpreter was found" : facts.error().message});
    if (refusals.size() >= kMostRefusals) break;
  }
  std::sort(refusals.begin(), refusals.end(),
            [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return refusals;
}

}  // namespace culprit
