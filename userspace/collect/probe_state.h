// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "collect/sample.h"

namespace culprit {

/// "attached", "unavailable", "shed" or "off".
std::string_view probe_state_name(ProbeState state);
/// The other way round.
std::optional<ProbeState> probe_state_from_name(std::string_view name);

}  // namespace culprit
