// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/postgresql_exchange.h"
#include "protocol/postgresql_messages.h"
#include "protocol/postgresql_statements.h"

namespace culprit {

/// Reads what the client says: texts, names, and what it wants executed.
class PostgresqlRequests {
 public:
  PostgresqlRequests(const DecoderScope& scope, DecoderBooks& books, PostgresqlExchange& exchange);

  void read(const Piece& piece, std::vector<Call>& done);

  void end_transaction();

  std::string_view database() const { return database_; }
  std::uint64_t contradictions() const { return contradictions_ + messages_.contradictions(); }

 private:
  // Messages that lead up to an Execute, since the one before.
  struct Group {
    PostgresqlMoment begin;
    std::uint64_t replies = 0;  // pieces of reply before it
    bool bound = false, pipelined = false;
  };

  bool find_place();
  void take(const PostgresqlMessage& message, std::vector<Call>& done);
  void take_packet(const PostgresqlMessage& message);
  void take_startup(std::string_view parameters);
  void take_query(const PostgresqlMessage& message);
  void take_parse(const PostgresqlMessage& message);
  void take_bind(const PostgresqlMessage& message);
  void take_execute(const PostgresqlMessage& message);
  void take_close(const PostgresqlMessage& message);
  Group& group(const PostgresqlMessage& message);

  PostgresqlExchange& exchange_;
  PostgresqlMessages messages_;
  PostgresqlStatements statements_;
  std::optional<Group> group_;
  std::string database_;
  // The place was told by how the bytes look, and no message has ended since.
  bool guessed_ = false;
  std::uint64_t losses_ = 0, contradictions_ = 0;
};

}  // namespace culprit
