// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "util/fd.h"
#include "util/result.h"

struct perf_event_attr;

namespace culprit {

/// A directory of tracefs: where it is mounted, else a mount that nobody but the descriptor
/// sees and that goes with it, so that nothing is ever left mounted.
struct Tracefs {
  Fd directory;
  std::string where;
};
Result<Tracefs> open_tracefs();

/// The number of a classic tracepoint.
Result<std::uint64_t> tracepoint_id(const Tracefs& tracefs, const std::string& category,
                                    const std::string& name);

/// A perf event of that classic tracepoint, on which a BPF program can be set
/// (bpf_program__attach_perf_event takes it over).
Result<Fd> open_tracepoint(const Tracefs& tracefs, const std::string& category,
                           const std::string& name);

/// Type number of a dynamic perf event source: "kprobe", "uprobe".
Result<std::uint32_t> event_source(const std::string& name);

/// perf_event_open, close-on-exec; fills in the size.
Result<Fd> open_perf_event(perf_event_attr& attributes, int pid, int cpu);

}  // namespace culprit
