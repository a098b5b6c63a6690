// SPDX-License-Identifier: Apache-2.0
#include "collect/stack_probe.h"

#include <algorithm>
#include <cstring>

#include "bpf/map_reader.h"
#include "collect/python_probe.h"
#include "collect/text_scan.h"
#include "stack.skel.h"

namespace culprit {
namespace {

constexpr std::uint64_t kEmptyNs = 200'000'000;  // a process that lives for longer gets names
constexpr std::size_t kMostReadings = 65536;
constexpr std::size_t kAtOnce = 256;
constexpr std::uint32_t kFewestStacks = 1024;

/// Room for four times the samples that come until the tables are emptied.
std::uint32_t stacks_at_most(const StackOptions& options) {
  if (options.blocked) return STACKS_MAX;
  const std::uint64_t in_second =
      std::uint64_t{options.frequency_hz} * static_cast<std::uint64_t>(libbpf_num_possible_cpus());
  const std::uint64_t expected = 4 * in_second * kEmptyNs / 1'000'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(expected, kFewestStacks, STACKS_MAX));
}

}  // namespace

StackProbe::StackProbe() = default;
StackProbe::~StackProbe() = default;

Result<std::unique_ptr<StackProbe>> StackProbe::load(ObjectLoader& loader,
                                                     const StackOptions& options,
                                                     std::uint32_t unit_hierarchy) {
  std::unique_ptr<StackProbe> probe(new StackProbe);
  probe->skeleton_.reset(stack_probe::open());
  if (!probe->skeleton_) return unsupported("stack: " + take_libbpf_messages());
  if (Status started = probe->start(loader, options, unit_hierarchy); !started)
    return tl::unexpected(started.error());
  return probe;
}

Status StackProbe::start(ObjectLoader& loader, const StackOptions& options,
                         std::uint32_t unit_hierarchy) {
  auto& configuration = *skeleton_->rodata;
  configuration.unit_hierarchy = unit_hierarchy;
  configuration.stack_pid = options.pid;
  configuration.stack_cgroup = options.cgroup_id;
  configuration.blocked_threshold_ns = options.blocked_threshold_ns;
  const auto& maps = skeleton_->maps;
  const std::uint32_t most = stacks_at_most(options);
  for (bpf_map* counts : {maps.stack_counts_even, maps.stack_counts_odd})
    bpf_map__set_max_entries(counts, most);
  for (bpf_map* traces : {maps.stack_traces_even, maps.stack_traces_odd})
    bpf_map__set_max_entries(traces, most);
  if (Status loaded = loader.load("stack", *skeleton_); !loaded) return loaded;
  if (options.frequency_hz == 0) return {};
  auto clocks = loader.attach_to_clock(skeleton_->progs.stack_cpu, options.frequency_hz);
  if (!clocks) return tl::unexpected(clocks.error());
  clocks_ = std::move(*clocks);
  period_ns_ = 1'000'000'000 / options.frequency_hz;
  return {};
}

void StackProbe::collect(std::uint64_t now_ns) {
  if (now_ns - emptied_ns_ < kEmptyNs) return;
  emptied_ns_ = now_ns;
  empty_tables();
}

void StackProbe::empty_tables() {
  const std::uint32_t old_table = skeleton_->bss->stack_table & 1;
  __atomic_store_n(&skeleton_->bss->stack_table, old_table ^ 1, __ATOMIC_SEQ_CST);
  const auto& maps = skeleton_->maps;
  std::vector<std::pair<stack_key, stack_count>> counts;
  drain_entries<stack_key, stack_count>(
      bpf_map__fd(old_table ? maps.stack_counts_odd : maps.stack_counts_even), kAtOnce,
      [&](const stack_key& key, const stack_count& count) { counts.emplace_back(key, count); });
  Traces traces;
  drain_entries<std::uint64_t, stack_trace>(
      bpf_map__fd(old_table ? maps.stack_traces_odd : maps.stack_traces_even), kAtOnce,
      [&](std::uint64_t id, const stack_trace& trace) {
        const auto length = std::min<std::uint32_t>(trace.length, TRACE_FRAMES);
        traces[id].assign(trace.frames, trace.frames + length);
      });
  symbolizer_.begin_round();
  for (const auto& [key, count] : counts) add(key, count, traces);
}

const std::vector<std::uint64_t>& StackProbe::frames_of(const Traces& traces, std::uint64_t id) {
  static const std::vector<std::uint64_t> none;
  if (id == 0) return none;
  const auto found = traces.find(id);
  if (found != traces.end()) return found->second;
  lost_traces_++;  // the program that kept them was late
  return none;
}

StackProbe::Ids StackProbe::native_frames(const stack_key& key, const Traces& traces) {
  const bool blocked = key.kind == STACK_BLOCKED;
  Ids native = symbolizer_.kernel_frames(frames_of(traces, key.traces[TRACE_KERNEL]), blocked);
  const auto& addresses = frames_of(traces, key.traces[TRACE_USER]);
  const auto user = symbolizer_.user_frames(key.pid, key.process_start_time_ns, addresses);
  native.insert(native.end(), user.begin(), user.end());
  if (user.size() == TRACE_FRAMES)
    native.push_back(frames_.id(CodeKind::kNative, "[more callers]", ""));
  return native;
}

StackProbe::Ids StackProbe::python_frames(const stack_key& key, const Traces& traces) {
  const auto& codes = frames_of(traces, key.traces[TRACE_INTERPRETER]);
  if (!python_) return {};
  return python_frames_.ids(key.pid, key.process_start_time_ns, codes, [&](std::uint64_t address) {
    return python_->find_code(key.pid, key.process_start_time_ns, address);
  });
}

void StackProbe::add(const stack_key& key, const stack_count& count, const Traces& traces) {
  const bool blocked = key.kind == STACK_BLOCKED;
  Ids native = native_frames(key, traces);
  Ids interpreted = python_frames(key, traces);
  const std::uint64_t task = key.task == ~0u ? 0 : key.task;  // it is just being made
  std::string thread = printable({key.thread_name, strnlen(key.thread_name, COMM_SIZE)}, COMM_SIZE);
  if (readings_.size() >= kMostReadings) {
    lost_counts_ += count.samples;
    return;
  }
  StackReading& reading =
      readings_[{key.pid, key.process_start_time_ns, blocked, task, thread, native, interpreted}];
  reading.pid = key.pid;
  reading.process_start_time_ns = key.process_start_time_ns;
  reading.thread_name = std::move(thread);
  reading.blocked = blocked;
  reading.task = task;
  reading.native = std::move(native);
  reading.interpreted = std::move(interpreted);
  reading.samples += count.samples;
  reading.ns += blocked ? count.ns : count.samples * period_ns_;
}

void StackProbe::deliver(Sample& sample) {
  empty_tables();
  for (auto& [key, reading] : readings_) sample.stacks.push_back(std::move(reading));
  readings_.clear();
  sample.frames = frames_.take_new();
  sample.collector.losses[LOSS_STACK_COUNTS] += lost_counts_;
  sample.collector.losses[LOSS_STACK_TRACES] += lost_traces_;
}

void StackProbe::discard() {
  empty_tables();
  readings_.clear();
}

bpf_object* StackProbe::object() const {
  return skeleton_->obj;
}

}  // namespace culprit
