// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/mysql_framer.h"
#include "protocol/mysql_queue.h"
#include "protocol/mysql_reply.h"
#include "protocol/mysql_statements.h"
#include "protocol/mysql_turns.h"

namespace culprit {

/// See mysql.h, which makes it.
class MysqlDecoder final : public Decoder {
 public:
  MysqlDecoder(const DecoderScope& scope, DecoderBooks& books);

  void request(const Piece& piece, std::vector<Call>& done) override;
  void reply(const Piece& piece, std::vector<Call>& done) override;
  void close(std::uint64_t time_ns, std::vector<Call>& done) override;
  std::optional<std::uint64_t> busy_since() const override;
  std::size_t pending() const override;
  std::string_view database() const override { return database_; }

 private:
  /// What the message that the client is sending is.
  enum class Sent : std::uint8_t { kUnjudged, kCommand, kFile, kLogin, kLoginMore, kIgnored };

  struct Moment {
    std::uint64_t time_ns = 0, arrived_ns = 0;
    std::uint32_t tid = 0, task = 0, work = 0;
  };
  static Moment moment(const Piece& piece) {
    return {piece.time_ns, piece.arrived_ns, piece.tid, piece.task, piece.work};
  }

  // Requests: mysql_decoder_request.cpp.
  bool find_request(const Piece& piece, std::vector<Call>& done);
  void skip_request(const Piece& piece, std::vector<Call>& done);
  void lose_request();
  bool judge_request(std::vector<Call>& done);
  void take_turn(std::vector<Call>& done);
  void finish_request(const Piece& piece);
  void queue_partial_request();
  void queue_command(std::uint64_t end_ns);
  void name_command(MysqlPending& pending);
  void name_query(std::string_view sql, Call& call);
  void use_statement(MysqlStatement statement, Call& call);
  void take_login();

  // Replies: mysql_decoder_reply.cpp.
  void greet(const Piece& piece, std::vector<Call>& done);
  void answer(const Piece& piece, std::vector<Call>& done);
  bool skip_reply(const Piece& piece, std::vector<Call>& done);
  bool find_reply(const Piece& piece, std::vector<Call>& done);
  void lose_reply(const Piece& piece);
  void judge_reply(const Piece& piece, std::vector<Call>& done);
  void begin_answer(const Moment& first);
  void take_answer(const Piece& piece, std::vector<Call>& done);
  void apply_answer(MysqlPending& pending);

  // Both.
  std::size_t unanswered() const;
  bool sends_request() const;
  void deliver(MysqlPending& pending, const Moment& end, std::vector<Call>& done);
  void finish_front(const Moment& end, std::vector<Call>& done);
  void close_front_by_turn(std::vector<Call>& done);
  void lose_calls(std::size_t most_kept);
  void start_turns(bool tls);

  DecoderBooks& books_;
  MysqlFramer requests_, replies_;
  MysqlReply reply_;
  MysqlQueue queue_;
  MysqlStatements statements_;
  std::unique_ptr<MysqlTurns> turns_;  // once set, bytes are no longer read
  std::string database_, wanted_database_;
  std::string tail_;  // last bytes of the reply whose end is searched
  std::uint32_t server_capabilities_ = ~std::uint32_t{0};
  std::optional<std::uint32_t> capabilities_;
  MysqlStatement last_prepared_;
  Moment request_start_, message_start_, last_reply_;
  std::uint64_t last_request_ns_ = 0;
  Sent sent_ = Sent::kUnjudged;
  std::int16_t next_sequence_ = -1;  // of the server's packets; -1: not known
  bool login_;                       // the connection has not come to its first command
  bool untouched_ = true;            // nothing was seen yet
  bool asked_for_tls_ = false, awaits_tls_ = false;
  bool request_lost_;            // where in the requests the next piece begins is not known
  bool reply_lost_ = false;      // the same of replies
  bool partial_queued_ = false;  // the message being sent is in the queue already
  bool sending_file_ = false;
  bool replied_since_request_ = false;
  bool reply_judged_ = false, stray_reply_ = false, answering_ = false;
  bool pipelines_ = false;  // the client sends without waiting for answers
};

}  // namespace culprit
