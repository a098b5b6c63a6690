// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// True for bytes that begin a TLS handshake.
bool starts_tls_handshake(std::string_view bytes);

/// Calls of a connection that cannot be read: the next request closes the reply before it.
class MysqlTurns {
 public:
  /// `tls`: the handshake comes first, and then with `login` that, neither of which is a call.
  explicit MysqlTurns(bool tls, bool login = true)
      : stage_(tls ? Stage::kHandshake : Stage::kCalls), login_(login) {}

  void request(const Piece& piece, std::vector<Call>& done);
  void reply(const Piece& piece);
  /// An unanswered request that is no longer than the client's good-bye is taken for it.
  void close(std::uint64_t time_ns, std::vector<Call>& done);
  std::optional<std::uint64_t> busy_since() const;
  std::size_t pending() const { return waits() ? 1 : 0; }

 private:
  enum class Stage : std::uint8_t { kHandshake, kLogin, kCalls };

  bool waits() const { return open_ && stage_ == Stage::kCalls && call_.first_read_ns == 0; }
  void finish(std::vector<Call>& done);

  Stage stage_;
  bool login_;
  bool open_ = false;
  Call call_;
};

}  // namespace culprit
