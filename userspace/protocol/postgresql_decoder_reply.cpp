// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_decoder.h"
#include "protocol/postgresql_reply.h"

namespace culprit {
namespace {

using Pending = PostgresqlPending;

Transaction transaction_of(char state) {
  switch (state) {
    case 'I':
      return Transaction::kNone;
    case 'T':
      return Transaction::kOpen;
    case 'E':
      return Transaction::kFailed;
    default:
      return Transaction::kUnknown;
  }
}

/// Else a notice, a parameter, a notification or part of the log-in.
bool is_answer(char type) {
  switch (type) {
    case 'N':
    case 'S':
    case 'A':
    case 'K':
    case 'R':
    case 'v':
      return false;
    default:
      return true;
  }
}

void add_rows(std::uint64_t& sum, std::uint64_t rows) {
  if (rows == kUnknownCount) return;
  sum = sum == kUnknownCount ? rows : sum + rows;
}

void note_first(Call& call, std::uint64_t read_ns, std::uint64_t arrived_ns) {
  if (call.first_read_ns) return;
  call.first_read_ns = read_ns;
  call.arrived_ns = arrived_ns;
}

}  // namespace

PostgresqlPending* PostgresqlDecoder::answering() {
  return queue_.empty() || queue_.front().kind == Pending::kSync ? nullptr : &queue_.front();
}

void PostgresqlDecoder::reply(const Piece& whole, std::vector<Call>& done) {
  if (is_cancel_) return;
  if (encrypted_) return pass_encrypted(whole, false, done);
  Piece piece = whole;
  if (expects_tls_answer_ && !take_tls_answer(piece)) return;
  const bool first_of_turn = !std::exchange(reply_since_request_, true);
  if (queue_.empty()) {
    chain_ = {};  // it had its answer
    if (replies_.lost()) return;
  }
  last_reply_ns_ = piece.time_ns;
  last_reply_tid_ = piece.tid;
  replies_.feed(piece);
  take_messages(piece, done);
  if (replies_.lost()) find_reply(piece, first_of_turn, done);
}

void PostgresqlDecoder::take_messages(const Piece& piece, std::vector<Call>& done) {
  while (const PostgresqlMessage* message = replies_.next()) take_reply(*message, piece, done);
  if (replies_.contradicted()) contradictions_++;
}

void PostgresqlDecoder::take_reply(const PostgresqlMessage& message, const Piece& piece,
                                   std::vector<Call>& done) {
  if (!is_answer(message.type)) return;
  Pending* entry = answering();
  if (entry) {
    // One that began before its request is none of it, or its beginning was not seen.
    if (message.first_ns >= entry->call.start_ns)
      note_first(entry->call, message.first_ns, message.first_arrived_ns);
    else
      note_first(entry->call, piece.time_ns, piece.arrived_ns);
    entry->call.reply_bytes += message.size;
  }
  switch (message.type) {
    case 'D':
      if (entry) entry->data_rows++;
      return;
    case 'C':
    case 'I':
    case 's':
      return complete(message, piece, done);
    case 'E':
      return fail(message.body);
    case 'Z':
      return ready(message.body.empty() ? '\0' : message.body[0], piece, done);
    case 'G':
      return begin_copy_in();
    case 'W':  // a stream of changes, for as long as the client likes
      if (entry) entry->call.flags |= kCallWaits;
      return;
    default:
      return;
  }
}

/// A statement is done. An Execute that stands before its Sync ends with that.
void PostgresqlDecoder::complete(const PostgresqlMessage& message, const Piece& piece,
                                 std::vector<Call>& done) {
  Pending* entry = answering();
  if (!entry || entry->answered) return;
  if (message.type == 'C') add_rows(entry->call.rows, rows_of_tag(message.body));
  if (message.type == 's') add_rows(entry->call.rows, entry->data_rows);
  copying_in_ = false;
  if (entry->kind == Pending::kQuery) return;  // ends with ReadyForQuery
  if (queue_.size() < 2 || queue_.at(1).kind != Pending::kSync) return finish(piece, done);
  entry->answered = true;
  entry->call.end_ns = piece.time_ns;
  entry->call.reply_tid = piece.tid;
}

/// The statement at the front failed, be it as late as at the Sync that commits it; the
/// server skips the rest up to that.
void PostgresqlDecoder::fail(std::string_view error_body) {
  copying_in_ = false;
  Pending* entry = answering();
  if (!entry) {
    skipping_ = true;
    return;
  }
  entry->call.outcome = Outcome::kError;
  copy_sqlstate(error_body, entry->call.error);
}

/// ReadyForQuery: everything up to the next Sync, or one simple query, is answered.
void PostgresqlDecoder::ready(char state, const Piece& piece, std::vector<Call>& done) {
  bool failed = std::exchange(skipping_, false);
  copying_in_ = false;
  while (Pending* entry = answering()) {
    Call& call = entry->call;
    const bool simple = entry->kind == Pending::kQuery;
    if (!simple && !entry->answered && call.outcome == Outcome::kOk) {
      // Behind the one that failed nothing was run; else its answer was not seen.
      if (failed)
        call.outcome = Outcome::kAborted;
      else
        call.flags |= kCallResynced;
    }
    failed = failed || call.outcome == Outcome::kError;
    if (simple || queue_.size() < 2 || queue_.at(1).kind == Pending::kSync)
      call.transaction = transaction_of(state);
    finish(piece, done);
    if (simple) return;
  }
  if (!queue_.empty()) queue_.pop();
}

/// The server takes COPY's data and skips each Sync that came before the end of it.
void PostgresqlDecoder::begin_copy_in() {
  if (!answering()) return;
  while (queue_.size() > 1 && queue_.at(1).kind == Pending::kSync && !queue_.at(1).after_copy)
    queue_.drop_second_sync();
  copying_in_ = queue_.size() == 1 && !after_copy_;
}

/// The place in the replies is lost. The first ones of a turn, when what is missing was
/// before them, begin with a message; the last ones end with ReadyForQuery.
void PostgresqlDecoder::find_reply(const Piece& piece, bool first_of_turn,
                                   std::vector<Call>& done) {
  if (first_of_turn && replies_.finds_messages()) {
    replies_.reset();
    replies_.take_untold();  // of a turn that was not captured
    take_messages(piece, done);
    if (!replies_.lost()) return;
  }
  replies_.drop_rest();
  const std::uint64_t untold = replies_.take_untold();
  if (Pending* entry = answering()) {
    note_first(entry->call, piece.time_ns, piece.arrived_ns);
    entry->call.reply_bytes += untold;
  }
  const ReplyEnd end = find_reply_end(piece.bytes);
  if (!end.found) return;
  const std::size_t before = done.size();
  finish_unseen(piece, done);
  replies_.reset();
  if (done.size() == before) return;
  Call& last = done.back();
  last.transaction = transaction_of(end.state);
  if (last.rows == kUnknownCount) last.rows = end.rows;
  if (!end.completed && last.transaction == Transaction::kFailed) last.outcome = Outcome::kError;
}

/// All that is unanswered was answered by `end`, unseen.
void PostgresqlDecoder::finish_unseen(const Piece& end, std::vector<Call>& done) {
  std::size_t unseen = 0;
  while (!queue_.empty()) {
    Pending& entry = queue_.front();
    if (entry.answered) {
      done.push_back(entry.call);
    } else if (entry.counts) {
      entry.call.flags |= kCallResynced;
      unseen++;
      finish(end, done);
      continue;
    }
    queue_.pop();
  }
  if (unseen > 1) lost_calls_ += unseen - 1;
  copying_in_ = skipping_ = false;
}

}  // namespace culprit
