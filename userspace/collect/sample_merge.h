// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "collect/sample.h"
#include "collect/sample_source.h"

namespace culprit {

/// Makes one Sample of two that follow each other: as if the first had never been taken.
/// Readings are the later ones, events those of both.
Sample merge_samples(Sample earlier, Sample later);

/// Samples until `span` has passed since `begin_ns` (CLOCK_MONOTONIC of the host that is
/// watched), merged into one; without a span until there are no more. Ends early when the
/// source is interrupted, and when a Sample comes at most `slack` too early: the ticks of a
/// recording jitter. nullopt: there was none.
Result<std::optional<Sample>> next_spanning(SampleSource& source, std::uint64_t begin_ns,
                                            std::optional<std::chrono::nanoseconds> span,
                                            std::chrono::nanoseconds slack = {});

}  // namespace culprit
