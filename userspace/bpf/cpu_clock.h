// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/function_probe.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// Runs `program` at that perf event for as long as the link lives; the event stays the caller's.
Result<LinkHandle> attach_to_event(bpf_program* program, const Fd& event);

/// Runs `program` ("perf_event") so often in a second on every CPU that is online and not
/// idle, by its software clock, for as long as the links live. A CPU that comes online later
/// is not among them. An error when it runs on none.
Result<std::vector<LinkHandle>> attach_to_cpu_clock(bpf_program* program,
                                                    std::uint32_t frequency_hz);

}  // namespace culprit
