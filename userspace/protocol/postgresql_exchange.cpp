// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_exchange.h"

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

constexpr std::size_t kMostPending = 1024;

void set_rows(Call& call, std::optional<std::uint64_t> rows) {
  if (!rows) return;
  call.rows = call.rows == kUnknownCount ? *rows : call.rows + *rows;
}

}  // namespace

// nullptr: there is no room. Then everything up to the last ReadyForQuery that is due shares
// one entry, so that what comes after it pairs again.
PostgresqlPending* PostgresqlExchange::push(Kind kind) {
  if (queue_.empty()) {
    turn_ = true;
    if (missed_at_ && replies_ > *missed_at_) missed_at_.reset();
  }
  const bool overflowed = !queue_.empty() && queue_.back().kind == Kind::kOverflowed;
  if ((!overflowed || queue_.back().synced) && queue_.size() < kMostPending) {
    PostgresqlPending& pending = queue_.push();
    pending.kind = kind;
    return &pending;
  }
  if (!overflowed) queue_.push().kind = Kind::kOverflowed;
  queue_.back().synced = kind != Kind::kExecute;
  if (kind != Kind::kExecute) queue_.back().syncs++;
  if (kind != Kind::kSync) lost_calls_++;
  return nullptr;
}

void PostgresqlExchange::push_call(Kind kind, const PostgresqlStatement& what,
                                   const PostgresqlMoment& begin, const PostgresqlMoment& end,
                                   bool pipelined) {
  PostgresqlPending* pending = push(kind);
  if (!pending) return;
  calls_++;
  Call& call = pending->call;
  call.query = what.query;
  call.flags = static_cast<std::uint16_t>(what.flags | (pipelined ? kCallPipelined : 0));
  call.start_ns = begin.time_ns;
  call.tid = begin.tid;
  call.task = begin.task;
  call.work = begin.work;
  call.request_end_ns = end.time_ns;
  call.request_bytes = end.place - begin.place;
  pending->request_begin = begin.place;
}

void PostgresqlExchange::query(const PostgresqlStatement& what, const PostgresqlMoment& begin,
                               const PostgresqlMoment& end, bool pipelined) {
  push_call(Kind::kQuery, what, begin, end, pipelined);
}

void PostgresqlExchange::execute(const PostgresqlStatement& what, const PostgresqlMoment& begin,
                                 const PostgresqlMoment& end, bool pipelined) {
  push_call(Kind::kExecute, what, begin, end, pipelined);
}

void PostgresqlExchange::sync(const PostgresqlMoment& end) {
  if (!queue_.empty() && queue_.back().kind == Kind::kExecute && !queue_.back().synced) {
    queue_.back().synced = true;
    flush(end);
    return;
  }
  push(Kind::kSync);
}

// Sync and Flush belong to the call before them, unless its reply has begun.
void PostgresqlExchange::flush(const PostgresqlMoment& end) {
  if (queue_.empty() || queue_.back().kind != Kind::kExecute || queue_.back().replied) return;
  Call& call = queue_.back().call;
  call.request_end_ns = end.time_ns;
  call.request_bytes = end.place - queue_.back().request_begin;
}

// The data of COPY FROM STDIN belongs to the request, and what the server said before it was
// but the leave to send it.
void PostgresqlExchange::copy_data(const PostgresqlMoment& end) {
  if (queue_.empty()) return;
  PostgresqlPending& pending = queue_.back();
  if (!pending.is_call() || pending.answered || pending.failed) return;
  // The server ignores a Sync that came with the COPY.
  pending.synced = false;
  Call& call = pending.call;
  call.request_bytes = end.place - pending.request_begin;
  if (call.flags & kCallWaits) return;
  call.request_end_ns = end.time_ns;
  call.arrived_ns = call.first_read_ns = 0;
}

bool PostgresqlExchange::take_encrypted() {
  return std::exchange(encrypted_, false);
}

void PostgresqlExchange::answer_packet(bool encrypted) {
  packet_answers_ = encrypted ? 0 : packet_answers_ - 1;
  encrypted_ = encrypted_ || encrypted;
}

bool PostgresqlExchange::take_turn() {
  return std::exchange(turn_, false);
}

bool PostgresqlExchange::take_transaction_end() {
  return std::exchange(transaction_ended_, false);
}

void PostgresqlExchange::begin_reply(PostgresqlPending& pending, const PostgresqlMoment& begin) {
  if (!pending.replied) {
    pending.replied = true;
    pending.reply_begin = begin.place;
  }
  if (pending.call.first_read_ns != 0) return;
  pending.call.first_read_ns = begin.time_ns;
  pending.call.arrived_ns = begin.arrived_ns;
}

void PostgresqlExchange::end_reply(PostgresqlPending& pending, const PostgresqlMoment& end) {
  Call& call = pending.call;
  call.end_ns = end.time_ns;
  call.reply_tid = end.tid;
  if (pending.replied) call.reply_bytes = end.place - pending.reply_begin;
}

// Of COPY's data only the beginning is captured.
void PostgresqlExchange::miss_requests(const PostgresqlMoment& end) {
  if (!queue_.empty() && queue_.back().copies_in) {
    copy_data(end);
  } else {
    missed_at_ = replies_;
  }
}

// A reply that has not begun is whole, so that the missing ones are those of requests that
// were missed.
void PostgresqlExchange::miss_replies() {
  if (!queue_.empty() && queue_.front().replied) return;
  count_missed();
  missed_at_.reset();
}

void PostgresqlExchange::note_unplaced_reply(const PostgresqlMoment& begin,
                                             const PostgresqlMoment& end) {
  if (queue_.empty()) return;
  if (queue_.front().is_call()) begin_reply(queue_.front(), begin);
  unplaced_ = end;
}

void PostgresqlExchange::part(const PostgresqlMessage& message, bool data_row) {
  if (queue_.empty()) return;
  begin_reply(queue_.front(), message.begin);
  if (data_row) queue_.front().data_rows++;
}

void PostgresqlExchange::copies_in() {
  if (!queue_.empty()) queue_.front().copies_in = true;
}

void PostgresqlExchange::copies_both_ways() {
  if (!queue_.empty()) queue_.front().call.flags |= kCallWaits;
}

void PostgresqlExchange::finish_front(Outcome outcome, std::vector<Call>& done) {
  PostgresqlPending& pending = queue_.front();
  if (pending.is_call()) {
    pending.call.outcome = outcome;
    done.push_back(pending.call);
    calls_--;
  }
  queue_.pop();
}

void PostgresqlExchange::complete(const PostgresqlMessage& message,
                                  std::optional<std::uint64_t> rows, std::vector<Call>& done) {
  if (queue_.empty()) return count_missed();
  if (queue_.front().kind == Kind::kOverflowed) return;
  PostgresqlPending& front = queue_.front();
  if (!front.is_call() || (front.kind == Kind::kExecute && front.answered)) {
    contradictions_++;
    return;
  }
  begin_reply(front, message.begin);
  // PortalSuspended tells no number.
  set_rows(front.call, message.type == 's' ? front.data_rows : rows);
  end_reply(front, message.end);
  front.answered = true;
  if (!front.ends_when_ready()) finish_front(Outcome::kOk, done);
}

void PostgresqlExchange::set_error(PostgresqlPending& pending, std::string_view sqlstate) {
  std::copy_n(sqlstate.begin(), std::min(sqlstate.size(), pending.call.error.size()),
              pending.call.error.begin());
  pending.failed = true;
}

void PostgresqlExchange::fail(const PostgresqlMessage& message, std::string_view sqlstate,
                              std::vector<Call>& done) {
  const bool was_skipping = skipping_;
  if (queue_.empty() || queue_.front().kind != Kind::kQuery) skipping_ = true;
  if (queue_.empty()) return count_missed();
  if (!queue_.front().is_call() || was_skipping) return;
  PostgresqlPending& front = queue_.front();
  begin_reply(front, message.begin);
  end_reply(front, message.end);
  set_error(front, sqlstate);
  if (!front.ends_when_ready()) finish_front(Outcome::kError, done);
}

void PostgresqlExchange::finish_at_ready(const PostgresqlMoment& end, Transaction transaction,
                                         std::vector<Call>& done) {
  PostgresqlPending& front = queue_.front();
  front.call.transaction = transaction;
  if (front.failed) {
    end_reply(front, end);
    finish_front(Outcome::kError, done);
    return;
  }
  if (skipping_ && front.kind == Kind::kExecute) {
    end_reply(front, end);
    finish_front(Outcome::kAborted, done);
    return;
  }
  if (front.is_call() && !front.answered) {
    contradictions_++;
    front.call.flags |= kCallResynced;
  }
  end_reply(front, end);
  finish_front(Outcome::kOk, done);
}

void PostgresqlExchange::ready(const PostgresqlMessage& message, Transaction transaction,
                               std::vector<Call>& done) {
  // A ReadyForQuery that nothing unanswered waits for belongs to a request that was not seen.
  if (!queue_.empty() && (queue_.front().ends_when_ready() || ready_ends() > 0)) {
    while (!queue_.front().ends_when_ready()) {
      finish_at_ready(message.end, Transaction::kUnknown, done);
    }
    PostgresqlPending& front = queue_.front();
    if (front.kind != Kind::kOverflowed) {
      if (front.kind == Kind::kQuery) begin_reply(front, message.begin);
      finish_at_ready(message.end, transaction, done);
    } else if (--front.syncs == 0) {
      queue_.pop();
    }
  }
  transaction_ended_ = queue_.empty() && transaction == Transaction::kNone;
  skipping_ = false;
  unplaced_.reset();
}

std::size_t PostgresqlExchange::ready_ends() const {
  std::size_t ends = 0;
  for (std::size_t i = 0; i < queue_.size() && ends < 2; i++) {
    const PostgresqlPending& pending = queue_[i];
    if (pending.ends_when_ready()) ends += std::max<std::size_t>(pending.syncs, 1);
  }
  return ends;
}

void PostgresqlExchange::ready_again(const PostgresqlMoment& begin, const PostgresqlMoment& end,
                                     const PostgresqlFoundEnd& found, std::vector<Call>& done) {
  const bool told = queue_.size() == 1 && calls_ == 1 && ready_ends() == 1;
  if (told) {
    PostgresqlPending& front = queue_.front();
    begin_reply(front, begin);
    // The completion may have been seen before the bytes that are missing.
    if (!found.completion && !found.error && !front.answered && !front.failed) {
      front.call.flags |= kCallResynced;
    }
    if (!front.answered || front.kind == Kind::kQuery) set_rows(front.call, found.rows);
    front.answered = true;
    if (found.error && !front.failed) set_error(front, found.sqlstate);
    finish_at_ready(end, found.transaction, done);
  } else if (queue_.empty()) {
    count_missed();
  } else {
    lost_calls_ += calls_;
    finish_all_unseen(end, done);
  }
  transaction_ended_ = found.transaction == Transaction::kNone;
  skipping_ = false;
  unplaced_.reset();
}

// Which of them were answered is not known; their number is.
void PostgresqlExchange::finish_all_unseen(const PostgresqlMoment& end, std::vector<Call>& done) {
  while (!queue_.empty()) {
    PostgresqlPending& front = queue_.front();
    if (!front.answered) front.call.flags |= kCallResynced;
    end_reply(front, end);
    finish_front(front.failed ? Outcome::kError : Outcome::kOk, done);
  }
}

void PostgresqlExchange::settle(std::vector<Call>& done) {
  if (!unplaced_) return;
  if (ready_ends() < 2) finish_all_unseen(*unplaced_, done);
  unplaced_.reset();
}

void PostgresqlExchange::close(std::uint64_t time_ns, std::vector<Call>& done) {
  while (!queue_.empty()) {
    PostgresqlPending& front = queue_.front();
    if (front.kind == Kind::kExecute && front.answered) {
      finish_front(Outcome::kOk, done);
      continue;
    }
    front.call.end_ns = time_ns;
    finish_front(front.failed ? Outcome::kError : Outcome::kAborted, done);
  }
  unplaced_.reset();
}

std::optional<std::uint64_t> PostgresqlExchange::busy_since() const {
  if (calls_ == 0) return std::nullopt;
  std::size_t first = 0;
  while (!queue_[first].is_call()) first++;
  return queue_[first].call.start_ns;
}

}  // namespace culprit
