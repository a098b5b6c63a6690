// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/call.h"

namespace culprit {

/// Texts of prepared statements by application and name, learned from any connection, so
/// that a connection which prepared its statements before culprit came can be told by what
/// its siblings prepare under the same name. Bounded; a name that two texts bear is no help
/// and answers 0 from then on.
class StatementBook {
 public:
  explicit StatementBook(std::size_t most = 20000) : most_(most) {}

  /// `name` is the statement's name (PostgreSQL) or what identifies its shape.
  void learn(std::uint64_t application, std::string_view name, QueryId query);
  /// 0: nobody prepared it, or several texts bear the name.
  QueryId look_up(std::uint64_t application, std::string_view name) const;

 private:
  std::map<std::pair<std::uint64_t, std::string>, QueryId, std::less<>> statements_;
  std::size_t most_;
};

}  // namespace culprit
