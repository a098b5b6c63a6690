// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "collect/stack_reading.h"

namespace culprit {

/// Gives out the ids of frames. Names are made printable and cut at kLongestName.
class FrameBook {
 public:
  static constexpr std::size_t kLongestName = 256;

  explicit FrameBook(std::size_t most = 131'072) : most_(most) {}

  /// When the book is full, all further functions share one id.
  std::uint32_t id(CodeKind kind, std::string_view function, std::string_view module);

  /// Those that were given out since the last call.
  std::vector<FrameName> take_new();

 private:
  using Key = std::tuple<CodeKind, std::string, std::string>;

  std::size_t most_;
  std::map<Key, std::uint32_t> ids_;
  std::vector<FrameName> new_;
};

}  // namespace culprit
