// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace culprit {

/// Something that the engine did, or would have.
struct EngineEvent {
  enum class Kind : std::uint8_t {
    kObserved,
    kProposed,
    kVetoed,
    kApplied,
    kJudged,
    kReverted,
    kFailed,
  };
  Kind kind = Kind::kObserved;
  std::string action;  ///< id of the lease or proposal; "" of neither
  std::string text;    ///< one line
};

/// "observed", "proposed" and so on.
std::string_view event_name(EngineEvent::Kind kind);

}  // namespace culprit
