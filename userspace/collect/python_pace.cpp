// SPDX-License-Identifier: Apache-2.0
#include "collect/python_pace.h"

#include <utility>

namespace culprit {
namespace {

constexpr std::uint64_t kQuietNs = 10'000'000'000;
constexpr std::uint64_t kQuietPart = 200;  // of a CPU's time

}  // namespace

/// Since the thread was listed last, if it was.
std::optional<std::uint64_t> PythonPace::used_since(const thread_record& record) const {
  const auto before = cpu_ns_.find(record.tid);
  if (before == cpu_ns_.end() || before->second > record.cpu_ns) return std::nullopt;
  return record.cpu_ns - before->second;
}

void PythonPace::note(const Sample& sample, const std::function<bool(std::uint32_t)>& is_python) {
  std::uint64_t used_ns = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> listed;
  for (const thread_record& record : sample.threads) {
    if (!is_python(record.pid)) continue;
    used_ns += used_since(record).value_or(0);  // unknown: it may have run for days
    listed[record.tid] = record.cpu_ns;
  }
  for (const thread_record& record : sample.ended) {
    if (is_python(record.pid)) used_ns += used_since(record).value_or(record.cpu_ns);
    cpu_ns_.erase(record.tid);
  }
  if (!sample.lists_all_threads) listed.merge(cpu_ns_);
  const std::uint64_t now_ns = sample.monotonic_ns;
  if (noted_ns_ == 0 || used_ns > (now_ns - noted_ns_) / kQuietPart) active_ns_ = now_ns;
  quiet_ = now_ns - active_ns_ >= kQuietNs;
  cpu_ns_ = std::move(listed);
  noted_ns_ = now_ns;
}

void PythonPace::expect(std::uint64_t now_ns) {
  active_ns_ = now_ns;
  quiet_ = false;
}

}  // namespace culprit
