// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/call.h"
#include "protocol/postgresql_messages.h"
#include "protocol/postgresql_queue.h"
#include "protocol/postgresql_statements.h"

namespace culprit {

/// A ReadyForQuery that was found after missing bytes, and what lay before it.
struct PostgresqlFoundEnd {
  Transaction transaction = Transaction::kUnknown;
  bool completion = false;    ///< the completion before it was whole
  bool error = false;         ///< an error came before it
  std::string_view sqlstate;  ///< of the error; empty: it was not captured
  std::optional<std::uint64_t> rows;
};

/// Pairs the requests of one connection with their replies. The two readers tell it what
/// they read; it alone knows what is unanswered.
class PostgresqlExchange {
 public:
  // Told by the reader of requests.
  /// Before a request of its own: ends what got its reply unseen, amid missing bytes.
  void settle(std::vector<Call>& done);
  void query(const PostgresqlStatement& what, const PostgresqlMoment& begin,
             const PostgresqlMoment& end, bool pipelined);
  void execute(const PostgresqlStatement& what, const PostgresqlMoment& begin,
               const PostgresqlMoment& end, bool pipelined);
  void sync(const PostgresqlMoment& end);
  void flush(const PostgresqlMoment& end);
  void copy_data(const PostgresqlMoment& end);
  void expect_packet_answer() { packet_answers_++; }
  bool take_encrypted();
  /// Requests up to `end` were missed; how many, the completions that nothing waits for tell.
  void miss_requests(const PostgresqlMoment& end);

  // Told by the reader of replies.
  /// One byte answers each request for TLS or GSS before the start-up.
  bool awaits_packet_answer() const { return packet_answers_ > 0; }
  void answer_packet(bool encrypted);
  /// True once, when the next reply must begin where its piece does.
  bool take_turn();
  void note_reply() { replies_++; }
  /// Replies were missed, before whatever comes next.
  void miss_replies();
  void note_unplaced_reply(const PostgresqlMoment& begin, const PostgresqlMoment& end);
  void part(const PostgresqlMessage& message, bool data_row);
  void copies_in();
  void copies_both_ways();
  void complete(const PostgresqlMessage& message, std::optional<std::uint64_t> rows,
                std::vector<Call>& done);
  void fail(const PostgresqlMessage& message, std::string_view sqlstate, std::vector<Call>& done);
  void ready(const PostgresqlMessage& message, Transaction transaction, std::vector<Call>& done);
  /// `begin`: of the bytes in which the end was found.
  void ready_again(const PostgresqlMoment& begin, const PostgresqlMoment& end,
                   const PostgresqlFoundEnd& found, std::vector<Call>& done);
  void close(std::uint64_t time_ns, std::vector<Call>& done);

  /// True once after a ReadyForQuery outside of a transaction that left nothing unanswered.
  bool take_transaction_end();

  bool idle() const { return queue_.empty(); }
  /// Pieces of reply so far.
  std::uint64_t replies() const { return replies_; }
  std::size_t calls() const { return calls_; }
  std::optional<std::uint64_t> busy_since() const;
  std::uint64_t contradictions() const { return contradictions_; }
  std::uint64_t lost_calls() const { return lost_calls_; }

 private:
  using Kind = PostgresqlPending::Kind;

  PostgresqlPending* push(Kind kind);
  static void set_error(PostgresqlPending& pending, std::string_view sqlstate);
  void push_call(Kind kind, const PostgresqlStatement& what, const PostgresqlMoment& begin,
                 const PostgresqlMoment& end, bool pipelined);
  static void begin_reply(PostgresqlPending& pending, const PostgresqlMoment& begin);
  static void end_reply(PostgresqlPending& pending, const PostgresqlMoment& end);
  void count_missed() { lost_calls_ += missed_at_ ? 1 : 0; }
  void finish_front(Outcome outcome, std::vector<Call>& done);
  void finish_at_ready(const PostgresqlMoment& end, Transaction transaction,
                       std::vector<Call>& done);
  void finish_all_unseen(const PostgresqlMoment& end, std::vector<Call>& done);
  std::size_t ready_ends() const;

  PostgresqlQueue queue_;
  std::size_t calls_ = 0;
  // Pieces of reply before requests were missed; until their replies came.
  std::optional<std::uint64_t> missed_at_;
  // The server skips everything up to the next Sync, after an error.
  bool skipping_ = false;
  bool turn_ = false, encrypted_ = false, transaction_ended_ = false;
  std::uint32_t packet_answers_ = 0;
  std::uint64_t replies_ = 0;
  // End of the reply bytes without a place that came since the last request.
  std::optional<PostgresqlMoment> unplaced_;
  std::uint64_t contradictions_ = 0, lost_calls_ = 0;
};

}  // namespace culprit
