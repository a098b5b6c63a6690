// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/postgresql_exchange.h"
#include "protocol/postgresql_messages.h"

namespace culprit {

/// Reads what the server says: completions, errors, and that it is ready again.
class PostgresqlReplies {
 public:
  PostgresqlReplies(const DecoderScope& scope, PostgresqlExchange& exchange)
      : exchange_(exchange), messages_(PostgresqlSide::kReply, scope.from_start) {}

  void read(const Piece& piece, std::vector<Call>& done);

  std::uint64_t contradictions() const { return messages_.contradictions(); }

 private:
  void take_packet_answers();
  bool find_place(bool turn, const PostgresqlMoment& begin, std::vector<Call>& done);
  bool find_end(const PostgresqlMoment& begin, std::vector<Call>& done);
  void take(const PostgresqlMessage& message, std::vector<Call>& done);

  PostgresqlExchange& exchange_;
  PostgresqlMessages messages_;
  // Last bytes without a place, in case the end of the reply is split.
  std::string unplaced_;
};

}  // namespace culprit
