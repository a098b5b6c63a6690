// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "util/fd.h"

namespace culprit {

/// Estimated cumulative cost of a BPF program.
struct ProgramCost {
  std::uint64_t runs = 0, run_ns = 0;
};

/// Measures what our BPF programs cost. The kernel's own statistics (BPF_STATS_RUN_TIME)
/// take two clock readings a run, more than some of the programs themselves, so they are
/// switched on for a short window every few seconds and the rate found there is carried
/// on until the next one.
class CostMeter {
 public:
  /// Adds a program; `fd` is borrowed.
  void watch(std::string program, int fd);

  /// It is no more, and with it its descriptor.
  void forget(const std::string& program);

  /// Opens or closes a window when it is due; call a few times a second.
  void step(std::uint64_t now_ns);

  /// Absent before the first window has closed.
  std::optional<ProgramCost> cost(const std::string& program) const;

 private:
  struct Program {
    std::string name;
    int fd = -1;
    ProgramCost window_start;
    double runs_per_ns = 0, run_ns_per_ns = 0;
    double runs = 0, run_ns = 0;
  };
  void open_window(std::uint64_t now_ns);
  void close_window(std::uint64_t now_ns);

  std::vector<Program> programs_;
  Fd statistics_;
  std::uint64_t window_opened_ns_ = 0, window_due_ns_ = 0, carried_to_ns_ = 0;
  bool measured_ = false;
};

}  // namespace culprit
