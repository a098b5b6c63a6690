// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/result.h"
#include "view/snapshot_feed.h"
#include "view/top_state.h"

namespace culprit {

/// Runs top on the terminal until it is left. `state` is how it begins; `desk` is null where
/// state.desk_refusal says why.
Status run_live_top(SampleSource& source, SnapshotFeed::Advance advance, TopState state,
                    ThrottleDesk* desk);

/// Prints `frames` frames as text to stdout, one an interval.
struct BatchOptions {
  std::uint64_t frames = 1;
  int rows = 30;
  bool utf8 = true;
};
Status run_batch_top(SampleSource& source, const SnapshotFeed::Advance& advance, TopState state,
                     BatchOptions options);

}  // namespace culprit
