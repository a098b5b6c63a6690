// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "act/rein.h"
#include "act/remedy_preview.h"
#include "model/throttle_wish.h"

namespace culprit {

/// The knobs that a person is offered for who uses so much: of CPUs weights, quotas down to the
/// floor, then what is of threads alone; of disks class, weight and limits of who moves 1 MB/s or
/// more, first when it uses less than half a CPU. Pure.
std::vector<Setting> ladder_for(const ResourceUse& use, std::uint32_t cpu_count);

/// Whom and how, at the wish's step. An error when it is not in the snapshot, or has no such step.
Result<ThrottleOrder> order_of(const ThrottleWish& wish, const Snapshot& snapshot);

/// What would be done. From step 0 on it goes up to the first step that can be done here.
Result<ThrottleOffer> offer_for(const ThrottleWish& wish, const Snapshot& snapshot,
                                const RemedyPreview::Look& look);

/// Does it, unless a guard speaks against it that the wish does not lift.
Result<Lease> fulfil(const ThrottleWish& wish, const Snapshot& snapshot, Rein& rein);

}  // namespace culprit
