// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace culprit {

/// The number that bpf/kernel_compat.bpf.h (enum unit_hierarchy) gives to "unified",
/// "cpu", "memory" or "pids"; 0, the unified hierarchy, for anything else.
constexpr std::uint32_t unit_hierarchy_number(std::string_view name) {
  if (name == "cpu") return 1;
  if (name == "memory") return 2;
  if (name == "pids") return 3;
  return 0;
}

}  // namespace culprit
