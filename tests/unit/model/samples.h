// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>

#include "collect/sample.h"

namespace culprit::test {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// A Sample of a host with BPF, `seconds` after a fixed start.
inline Sample sample_at(double seconds) {
  Sample sample;
  sample.monotonic_ns = 1000 * kSecond + static_cast<std::uint64_t>(seconds * 1e9);
  sample.wall_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(seconds * 1e9);
  sample.coverage.bpf = sample.coverage.run_queue = sample.coverage.blocked =
      sample.coverage.lifecycle = true;
  sample.lists_all_threads = false;
  return sample;
}

/// A thread as listed in that Sample, running, with `cpu_ns` used so far.
inline thread_record thread_in(const Sample& sample, std::uint32_t pid, std::uint32_t tid,
                               std::uint64_t cpu_ns, std::uint64_t start_time_ns = 7,
                               const std::string& name = "worker") {
  thread_record record{};
  record.header = {RECORD_THREAD, 0, sizeof(record), sample.monotonic_ns};
  record.tid = tid;
  record.pid = pid;
  record.parent_pid = 1;
  record.start_time_ns = record.process_start_time_ns = start_time_ns;
  record.cpu_ns = cpu_ns;
  record.condition = THREAD_RUNNING;
  record.thread_count = 1;
  std::memcpy(record.name, name.data(), std::min<std::size_t>(name.size(), COMM_SIZE - 1));
  return record;
}

/// The same as its final record; it ends its process with that exit code.
inline thread_record final_record(thread_record record, int exit_code = 0) {
  record.header.flags |= THREAD_FINAL | THREAD_LAST;
  record.exit_code = exit_code << 8;
  return record;
}

}  // namespace culprit::test
