// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bpf/load_plan.h"
#include "bpf/object_loader.h"
#include "collect/asyncio_probe.h"
#include "collect/block_probe.h"
#include "collect/call_probe.h"
#include "collect/call_tracker.h"
#include "collect/cost_meter.h"
#include "collect/event_probes.h"
#include "collect/python_probe.h"
#include "collect/record_decoder.h"
#include "collect/sample.h"
#include "collect/sched_probe.h"
#include "collect/stack_options.h"
#include "collect/stack_probe.h"
#include "collect/sync_probe.h"
#include "collect/thread_probe.h"
#include "collect/tls_probe.h"

struct ring_buffer;

namespace culprit {

struct ProbeOptions {
  std::uint32_t unit_hierarchy = 0;  ///< enum unit_hierarchy of kernel_compat.bpf.h
  bool exact_tasks = false;          ///< each step of an asyncio task is measured
  StackOptions stacks;               ///< what the plan's programs of stacks are to count
};

/// All BPF probes of this host, as the load plan has them, and their one ring buffer.
class HostProbes {
 public:
  /// Loads and attaches what the plan loads. A family that the kernel refuses is reported
  /// in each Sample and left out; an error means that not even threads can be listed.
  static Result<std::unique_ptr<HostProbes>> attach(LoadPlan plan, const ProbeOptions& options);
  ~HostProbes();

  /// Pollable; readable when the ring buffer is filling up faster than it is drained.
  int wakeup_fd() const;

  /// Takes in the records that have come.
  void consume();

  /// Reads everything that the probes know into the sample. `list_all` also lists the
  /// threads that did not run.
  Status read(Sample& sample, bool list_all);

  /// Lets go of the next family that runs, in this order, which is that of what is missed least:
  /// asyncio, tls, python, network, call, sync, block, memory, sched. Threads and lifecycle stay.
  /// Gives its name; nullopt: there is no further one.
  std::optional<std::string> shed_next(const std::string& reason);

  /// Measures the programs' own running time now and then; call once per wait slice.
  void meter(std::uint64_t now_ns) { cost_meter_.step(now_ns); }

 private:
  HostProbes(LoadPlan plan);
  Status load_all(const ProbeOptions& options);
  void measure_maps();
  Status open_ring_buffer();
  Coverage coverage() const;
  void read_calls(std::uint64_t now_ns);
  void read_tasks(Sample& sample);
  void read_losses(CollectorReading& collector) const;
  void read_probes(CollectorReading& collector) const;
  void shed(std::string_view family, const std::string& reason);

  LoadPlan plan_;
  // The loader's links go before the objects whose programs they hold.
  std::unique_ptr<SchedProbe> sched_;
  std::unique_ptr<ThreadProbe> threads_;
  std::unique_ptr<EventProbe> lifecycle_, memory_, network_;
  std::unique_ptr<BlockProbe> block_;
  std::unique_ptr<SyncProbe> sync_;
  std::unique_ptr<CallProbe> call_;
  std::unique_ptr<StackProbe> stacks_;
  ObjectLoader loader_;
  std::unique_ptr<TlsProbe> tls_;  // these have links themselves
  std::unique_ptr<PythonProbe> python_;
  std::unique_ptr<AsyncioProbe> asyncio_;
  struct RingBufferDeleter {
    void operator()(ring_buffer* ring) const;
  };
  std::unique_ptr<ring_buffer, RingBufferDeleter> ring_;
  RecordDecoder decoder_;
  CallTracker calls_;
  CostMeter cost_meter_;
  std::uint64_t map_bytes_ = 0;
  bool has_read_ = false;
};

}  // namespace culprit
