// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace culprit {

/// Paths to route templates: what looks like an id becomes `{id}`; a place of a path that
/// takes too many values becomes one, too. Bounded per application.
class RouteBook {
 public:
  /// Template of a request target (origin or absolute form); the query string is left out.
  /// The view holds until the next call.
  std::string_view route(std::uint64_t application, std::string_view target);
};

}  // namespace culprit
