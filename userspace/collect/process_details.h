// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collect/process_reader.h"
#include "collect/sample.h"

namespace culprit {

/// Adds to each Sample what /proc tells of processes: command line and executable once,
/// when a process is first seen and after exec; open descriptors in turns, its limit of
/// processes with the first of them.
class ProcessDetails {
 public:
  explicit ProcessDetails(bool hide_commands) : hide_commands_(hide_commands) {}

  void collect(Sample& sample);

 private:
  void forget_ended(const Sample& sample);
  void describe_new(Sample& sample);
  void describe_execs(Sample& sample);
  void count_open_files(Sample& sample);

  bool hide_commands_;
  ProcessReader reader_;
  struct Known {
    std::uint64_t start_time_ns = 0;
    bool limit_read = false;
  };
  std::unordered_map<std::uint32_t, Known> known_;  // by pid
  std::vector<std::uint32_t> turns_;                // pids still to be counted
};

/// Our own resident size in bytes; 0 when /proc is not there.
std::uint64_t own_resident_bytes();

}  // namespace culprit
