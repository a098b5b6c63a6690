// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "collect/sample.h"

namespace culprit {

/// What Samples told once and what still holds of it: the Sample with which somebody begins who
/// comes later. A Model that is given it, and then those that follow, tells the same as one
/// that was given all, but for what came before.
class StandingSample {
 public:
  /// Samples come in order.
  void take(const Sample& sample);

  /// Lists all threads, and has no events. Empty before the first take().
  Sample sample() const;

 private:
  void take_threads(const Sample& sample);
  void take_details(const Sample& sample);
  void take_calls(const Sample& sample);
  void take_tasks(const Sample& sample);
  void take_names(const Sample& sample);
  void forget_ended(const Sample& sample);
  void forget_unlisted();
  void forget_unused_cgroups();

  Sample latest_;  // without its lists of threads, events and names
  std::unordered_map<std::uint32_t, thread_record> threads_;  // by tid
  std::unordered_map<std::uint32_t, ProcessDetail> details_;  // by pid
  std::unordered_map<std::uint64_t, ConnectionReading> connections_;
  std::unordered_map<std::uint64_t, QueryText> query_texts_;
  std::unordered_map<std::uint64_t, TaskName> task_names_;
  std::unordered_map<std::uint64_t, TaskReading> tasks_;
  std::unordered_map<std::uint32_t, FrameName> frames_;
  std::map<std::uint64_t, std::string> cgroup_paths_;
  std::map<std::uint32_t, std::string> user_names_;
  std::map<std::string, std::string> container_names_;
};

}  // namespace culprit
