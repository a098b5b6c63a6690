// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/throttle_wish.h"
#include "util/result.h"

namespace culprit {

/// A request of the daemon's socket: {"offer":{…}}, or {"throttle":{…}} to have it done.
std::string wish_request(const ThrottleWish& wish, bool only_offer);

/// culprit.offer/1, on one line.
std::string offer_json(const ThrottleOffer& offer);
/// The same read back, from a daemon that nobody vouches for.
Result<ThrottleOffer> parse_offer(std::string_view text);

}  // namespace culprit
