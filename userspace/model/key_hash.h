// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "model/row_parts.h"

namespace culprit {

/// Marks that there is no such entry in a list that is addressed by number.
constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

/// One hash of several numbers, for look-ups only: no order that it gives may ever show.
template <typename... Numbers>
constexpr std::size_t hash_numbers(Numbers... numbers) {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  ((hash = (hash ^ static_cast<std::uint64_t>(numbers)) * 0xbf58476d1ce4e5b9, hash ^= hash >> 29),
   ...);
  return static_cast<std::size_t>(hash);
}

struct ProcessIdHash {
  std::size_t operator()(const ProcessId& id) const {
    return hash_numbers(id.pid, id.start_time_ns);
  }
};

/// Lets a map of strings be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

}  // namespace culprit
