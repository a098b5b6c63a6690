// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "bpf/facts.h"

namespace culprit {

/// What the kernel's types say, and what loading and attaching tiny programs shows. The
/// parts of probe_facts() and probe_more_facts() that talk to bpf and perf_event_open.
void probe_programs(Facts& facts, const std::filesystem::path& root);
void probe_more_programs(Facts& facts);

}  // namespace culprit
