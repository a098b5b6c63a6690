// SPDX-License-Identifier: Apache-2.0
#include "collect/sched_probe.h"

#include <time.h>

#include "bpf/map_reader.h"
#include "bpf/sched.h"
#include "sched.skel.h"

namespace culprit {

SchedProbe::SchedProbe() = default;
SchedProbe::~SchedProbe() = default;

Result<std::unique_ptr<SchedProbe>> SchedProbe::load(ObjectLoader& loader,
                                                     std::uint32_t unit_hierarchy) {
  std::unique_ptr<SchedProbe> probe(new SchedProbe);
  probe->skeleton_.reset(sched_probe::open());
  if (!probe->skeleton_) return unsupported("sched: " + take_libbpf_messages());
  probe->skeleton_->rodata->unit_hierarchy = unit_hierarchy;
  if (Status loaded = loader.load("sched", *probe->skeleton_); !loaded)
    return tl::unexpected(loaded.error());
  probe->await_first_switch();
  return probe;
}

void SchedProbe::await_first_switch() {
  // Without the clocks' offset the first list could not tell how long waits have lasted.
  constexpr int kTries = 20;
  const timespec moment = {0, 500'000};
  for (int i = 0; i < kTries && take_clock_offset() == 0; i++) nanosleep(&moment, nullptr);
}

std::int64_t SchedProbe::take_clock_offset() {
  const std::int64_t offset =
      __atomic_exchange_n(&skeleton_->bss->clock_offset_ns, 0, __ATOMIC_RELAXED);
  if (offset != 0) last_offset_ = offset;
  return last_offset_;
}

std::vector<DelayReading> SchedProbe::take_delays() {
  const std::uint32_t old_table = skeleton_->bss->delay_table & 1;
  __atomic_store_n(&skeleton_->bss->delay_table, old_table ^ 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&skeleton_->bss->delay_table_full, 0, __ATOMIC_SEQ_CST);
  std::vector<DelayReading> delays;
  const bpf_map* table = old_table ? skeleton_->maps.delays_odd : skeleton_->maps.delays_even;
  drain_entries<delay_pair, std::uint64_t>(bpf_map__fd(table), 1024,
                                           [&](const delay_pair& pair, std::uint64_t ns) {
                                             delays.push_back({pair.victim, pair.suspect, ns});
                                           });
  return delays;
}

std::optional<histogram> SchedProbe::run_queue_latency() const {
  const auto per_cpu = read_per_cpu<histogram>(bpf_map__fd(skeleton_->maps.run_queue_latency), 0);
  if (per_cpu.empty()) return std::nullopt;
  histogram sum{};
  for (const histogram& one : per_cpu) {
    sum.count += one.count;
    sum.sum_ns += one.sum_ns;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) sum.buckets[i] += one.buckets[i];
  }
  return sum;
}

bpf_object* SchedProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
