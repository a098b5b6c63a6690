// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_decoder.h"

namespace culprit {

namespace {

constexpr std::size_t kMostRequestHead = 8192;
constexpr std::size_t kMostReplyHead = 128;

}  // namespace

MysqlDecoder::MysqlDecoder(const DecoderScope& scope, DecoderBooks& books)
    : books_(books),
      requests_(kMostRequestHead),
      replies_(kMostReplyHead),
      login_(scope.from_start),
      request_lost_(!scope.from_start) {}

void MysqlDecoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  if (turns_) return turns_->close(time_ns, done);
  queue_partial_request();
  // A reply whose end was not seen most likely ended when its last bytes came.
  if (!queue_.empty() && reply_lost_ && replied_since_request_ &&
      queue_.front().command->answer != MysqlAnswer::kStream)
    close_front_by_turn(done);
  while (!queue_.empty()) {
    MysqlPending& front = queue_.front();
    if (front.counts && !front.closed) {
      front.call.outcome = Outcome::kAborted;
      front.call.end_ns = time_ns;
      done.push_back(front.call);
    }
    queue_.pop();
  }
}

std::optional<std::uint64_t> MysqlDecoder::busy_since() const {
  if (turns_) return turns_->busy_since();
  for (std::size_t i = 0; i < queue_.size(); i++) {
    const MysqlPending& pending = queue_.at(i);
    if (!pending.closed && pending.command->answer != MysqlAnswer::kStream)
      return pending.call.start_ns;
  }
  if (sends_request()) return request_start_.time_ns;
  return std::nullopt;
}

std::size_t MysqlDecoder::pending() const {
  if (turns_) return turns_->pending();
  return unanswered() + (sends_request() ? 1 : 0);
}

std::size_t MysqlDecoder::unanswered() const {
  const bool closed = !queue_.empty() && queue_.front().closed;
  return queue_.size() - (closed ? 1 : 0);
}

/// A request has begun whose end was not seen yet.
bool MysqlDecoder::sends_request() const {
  if (sent_ != Sent::kCommand || partial_queued_ || requests_.at_boundary()) return false;
  const auto code = static_cast<std::uint8_t>(requests_.message().head[0]);
  return find_mysql_command(code)->answer != MysqlAnswer::kNone;
}

void MysqlDecoder::deliver(MysqlPending& pending, const Moment& end, std::vector<Call>& done) {
  if (!pending.counts || pending.closed) return;
  Call& call = pending.call;
  if (call.first_read_ns == 0) call.first_read_ns = end.time_ns;
  call.end_ns = end.time_ns;
  call.reply_tid = end.tid;
  call.rows = reply_.rows();
  call.error = reply_.error();
  call.transaction = reply_.transaction();
  if (reply_.failed()) call.outcome = Outcome::kError;
  done.push_back(call);
}

void MysqlDecoder::finish_front(const Moment& end, std::vector<Call>& done) {
  apply_answer(queue_.front());
  deliver(queue_.front(), end, done);
  queue_.pop();
  answering_ = reply_lost_ = false;
}

// Its last reply byte was the last that came.
void MysqlDecoder::close_front_by_turn(std::vector<Call>& done) {
  MysqlPending& front = queue_.front();
  front.call.reply_bytes += replies_.at_boundary() ? 0 : replies_.message().wire_bytes;
  front.call.flags |= kCallResynced;
  if (!answering_) begin_answer(replies_.at_boundary() ? last_reply_ : message_start_);
  reply_.lose();
  finish_front(last_reply_, done);
  replies_.reset();
}

// Gives up the oldest commands: their replies cannot be told apart.
void MysqlDecoder::lose_calls(std::size_t most_kept) {
  while (queue_.size() > most_kept) {
    if (queue_.front().counts && !queue_.front().closed) lost_calls_++;
    queue_.pop();
    answering_ = reply_lost_ = false;
  }
}

void MysqlDecoder::start_turns(bool tls) {
  lose_calls(0);
  turns_ = std::make_unique<MysqlTurns>(tls);
}

}  // namespace culprit
