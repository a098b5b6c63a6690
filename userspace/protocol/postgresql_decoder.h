// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "protocol/postgresql_framer.h"
#include "protocol/postgresql_queue.h"
#include "protocol/postgresql_statements.h"

namespace culprit {

class PostgresqlDecoder final : public Decoder {
 public:
  PostgresqlDecoder(const DecoderScope& scope, DecoderBooks& books);

  void request(const Piece& piece, std::vector<Call>& done) override;
  void reply(const Piece& piece, std::vector<Call>& done) override;
  void close(std::uint64_t time_ns, std::vector<Call>& done) override;
  std::optional<std::uint64_t> busy_since() const override;
  std::size_t pending() const override;
  std::string_view database() const override { return database_; }

 private:
  /// Parse, Bind, … before the Execute that they belong to.
  struct Chain {
    std::uint64_t start_ns = 0, bytes = 0;
    std::uint32_t tid = 0;
  };

  void take_request(const PostgresqlMessage& message, const Piece& piece);
  void take_start_up(const PostgresqlMessage& message);
  void begin_call(PostgresqlPending::Kind kind, const PreparedQuery& query,
                  const PostgresqlMessage& message, const Piece& piece);
  PostgresqlPending* push(PostgresqlPending::Kind kind);
  void take_sync(const PostgresqlMessage& message, const Piece& piece);
  void add_to_latest(const PostgresqlMessage& message, const Piece& piece);
  void add_to_chain(const PostgresqlMessage& message);
  void find_request(const Piece& piece);
  void end_chain_unseen(const Piece& piece);
  void pass_encrypted(const Piece& piece, bool is_request, std::vector<Call>& done);
  bool take_tls_answer(Piece& piece);

  void take_messages(const Piece& piece, std::vector<Call>& done);
  void take_reply(const PostgresqlMessage& message, const Piece& piece, std::vector<Call>& done);
  void complete(const PostgresqlMessage& message, const Piece& piece, std::vector<Call>& done);
  void fail(std::string_view error_body);
  void ready(char state, const Piece& piece, std::vector<Call>& done);
  void begin_copy_in();
  void finish(const Piece& piece, std::vector<Call>& done);
  void find_reply(const Piece& piece, bool first_of_turn, std::vector<Call>& done);
  void finish_unseen(const Piece& end, std::vector<Call>& done);
  /// The one that the next answer is for, also when only its Sync is yet to be answered.
  PostgresqlPending* answering();

  PostgresqlStatements statements_;
  QueryBook& query_book_;
  PostgresqlFramer requests_{PostgresqlSide::kClient}, replies_{PostgresqlSide::kServer};
  PostgresqlQueue queue_;
  Chain chain_;
  std::string database_;
  std::unique_ptr<Decoder> encrypted_;  ///< what the connection is once it is encrypted
  bool logged_in_ = false;              ///< of an encrypted connection
  bool is_cancel_ = false;              ///< a connection that only asks to cancel
  bool expects_tls_answer_ = false;
  bool copying_in_ = false;  ///< the server takes COPY's data, and no Sync
  bool after_copy_ = false;  ///< the end of COPY's data was sent last
  bool skipping_ = false;    ///< after an error of no call, until the next ReadyForQuery
  bool reply_since_request_ = false;
  std::uint64_t last_reply_ns_ = 0;
  std::uint32_t last_reply_tid_ = 0;
};

}  // namespace culprit
