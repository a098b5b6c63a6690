// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "bpf/python.h"
#include "util/result.h"

namespace culprit {

/// The kernel's map `python_pids`, in our memory too: a bit for each pid that may be of a CPython
/// process.
class PythonPids {
 public:
  using Words = std::array<std::uint64_t, PYTHON_PID_WORDS>;

  /// Of the map behind `map_fd`; an error when it cannot be mapped.
  static Result<PythonPids> map(int map_fd);
  PythonPids() = default;
  PythonPids(PythonPids&& other) noexcept;
  PythonPids& operator=(PythonPids&& other) noexcept;
  ~PythonPids();

  static void add(Words& words, std::uint32_t pid);

  /// These and no others. The kernel adds to them at a fork: one that it adds meanwhile may be
  /// lost, until the child is found.
  void set(const Words& words);

 private:
  std::uint64_t* words_ = nullptr;
};

}  // namespace culprit
