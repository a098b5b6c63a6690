// SPDX-License-Identifier: Apache-2.0
// What a daemon answers, or history holds: actions and offers are read whole, and written again as
// they were read, or are refused in one line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/json_action.h"
#include "serve/json_offer.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto action = parse_action(text)) {
    const std::string written = action_json(*action);
    const auto again = parse_action(written);
    require(again && action_json(*again) == written);
  }
  if (const auto actions = parse_actions(text))
    require(parse_actions(actions_json(*actions)).has_value());
  if (const auto offer = parse_offer(text)) require(parse_offer(offer_json(*offer)).has_value());
  return 0;
}
