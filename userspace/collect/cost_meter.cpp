// SPDX-License-Identifier: Apache-2.0
#include "collect/cost_meter.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

constexpr std::uint64_t kWindowNs = 40'000'000;
constexpr std::uint64_t kPeriodNs = 5'000'000'000;

ProgramCost read_statistics(int fd) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size)) return {};
  return {info.run_cnt, info.run_time_ns};
}

}  // namespace

void CostMeter::watch(std::string program, int fd) {
  programs_.push_back({std::move(program), fd, {}, 0, 0, 0, 0});
}

void CostMeter::forget(const std::string& program) {
  std::erase_if(programs_, [&](const Program& known) { return known.name == program; });
}

void CostMeter::step(std::uint64_t now_ns) {
  if (measured_) {
    const auto elapsed = static_cast<double>(now_ns - carried_to_ns_);
    for (Program& program : programs_) {
      program.runs += program.runs_per_ns * elapsed;
      program.run_ns += program.run_ns_per_ns * elapsed;
    }
  }
  carried_to_ns_ = now_ns;
  if (statistics_ && now_ns - window_opened_ns_ >= kWindowNs)
    close_window(now_ns);
  else if (!statistics_ && now_ns >= window_due_ns_)
    open_window(now_ns);
}

void CostMeter::open_window(std::uint64_t now_ns) {
  window_due_ns_ = now_ns + kPeriodNs;
  statistics_ = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!statistics_) return;  // kernel < 5.8 or no right: cost stays absent
  window_opened_ns_ = now_ns;
  for (Program& program : programs_) program.window_start = read_statistics(program.fd);
}

void CostMeter::close_window(std::uint64_t now_ns) {
  const auto length = static_cast<double>(now_ns - window_opened_ns_);
  for (Program& program : programs_) {
    const ProgramCost end = read_statistics(program.fd);
    const auto runs = static_cast<double>(end.runs - program.window_start.runs);
    const auto run_ns = static_cast<double>(end.run_ns - program.window_start.run_ns);
    program.runs_per_ns = runs / length;
    program.run_ns_per_ns = run_ns / length;
    if (!measured_) {
      program.runs = runs;
      program.run_ns = run_ns;
    }
  }
  statistics_ = Fd();
  measured_ = true;
}

std::optional<ProgramCost> CostMeter::cost(const std::string& program) const {
  if (!measured_) return std::nullopt;
  const auto found = std::find_if(programs_.begin(), programs_.end(),
                                  [&](const Program& known) { return known.name == program; });
  if (found == programs_.end()) return std::nullopt;
  return ProgramCost{static_cast<std::uint64_t>(found->runs),
                     static_cast<std::uint64_t>(found->run_ns)};
}

}  // namespace culprit
