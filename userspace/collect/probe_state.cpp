// SPDX-License-Identifier: Apache-2.0
#include "collect/probe_state.h"

namespace culprit {

std::string_view probe_state_name(ProbeState state) {
  switch (state) {
    case ProbeState::kAttached:
      return "attached";
    case ProbeState::kUnavailable:
      return "unavailable";
    case ProbeState::kShed:
      return "shed";
    case ProbeState::kOff:
      return "off";
  }
  return "off";
}

std::optional<ProbeState> probe_state_from_name(std::string_view name) {
  for (const ProbeState state :
       {ProbeState::kAttached, ProbeState::kUnavailable, ProbeState::kShed, ProbeState::kOff})
    if (probe_state_name(state) == name) return state;
  return std::nullopt;
}

}  // namespace culprit
