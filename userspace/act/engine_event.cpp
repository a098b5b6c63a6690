// SPDX-License-Identifier: Apache-2.0
#include "act/engine_event.h"

#include <array>

namespace culprit {

std::string_view event_name(EngineEvent::Kind kind) {
  constexpr std::array<std::string_view, 7> kNames = {"observed", "proposed", "vetoed", "applied",
                                                      "judged",   "reverted", "failed"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace culprit
