// SPDX-License-Identifier: Apache-2.0
#include "runtime/frame_book.h"

#include <utility>

#include "collect/text_scan.h"

namespace culprit {

std::uint32_t FrameBook::id(CodeKind kind, std::string_view function, std::string_view module) {
  Key key{kind, printable(function, kLongestName), printable(module, kLongestName)};
  const auto found = ids_.find(key);
  if (found != ids_.end()) return found->second;
  if (ids_.size() >= most_) key = {CodeKind::kNative, "[more functions]", ""};
  const auto [place, is_new] = ids_.try_emplace(key, static_cast<std::uint32_t>(ids_.size()) + 1);
  if (is_new) new_.push_back({place->second, std::get<0>(key), std::get<1>(key), std::get<2>(key)});
  return place->second;
}

std::vector<FrameName> FrameBook::take_new() {
  return std::exchange(new_, {});
}

}  // namespace culprit
