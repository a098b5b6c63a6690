// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocol/mysql_bytes.h"
#include "protocol/mysql_decoder.h"
#include "protocol/mysql_handshake.h"

namespace culprit {

namespace {

constexpr std::size_t kMostTail = 128;
constexpr std::uint64_t kEofSize = 5;
constexpr std::uint64_t kLeastOkSize = 7;

/// True when an answer of this sequence seems to begin here.
bool starts_answer(std::string_view bytes, int sequence) {
  constexpr std::size_t kHeader = 4, kMostColumnCount = 10;
  MysqlReader reader(bytes);
  const auto length = reader.integer(3), number = reader.integer(1), first = reader.integer(1);
  if (!first || *length == 0 || (sequence >= 0 && static_cast<int>(*number) != sequence))
    return false;
  // Those are one packet, or one of several, the next of which continues the sequence.
  if (bytes.size() >= *length + 2 * kHeader) {
    const auto next = static_cast<std::uint8_t>(bytes[*length + kHeader + 3]);
    if (next != static_cast<std::uint8_t>(*number + 1) && next != 1) return false;
  }
  if (*first == kMysqlOk) return *length >= kLeastOkSize;
  if (*first == kMysqlError) return *length >= 3;
  return *first == kMysqlEof ? *length == kEofSize : *length < kMostColumnCount;
}

}  // namespace

void MysqlDecoder::reply(const Piece& piece, std::vector<Call>& done) {
  if (turns_) return turns_->reply(piece);
  if (piece.bytes.empty() && piece.missing_before == 0) return;
  if (untouched_ && starts_mysql_greeting(piece.bytes)) {
    login_ = true;
    request_lost_ = false;
  }
  untouched_ = false;
  if (login_) return greet(piece, done);
  answer(piece, done);
  replied_since_request_ = true;
  last_reply_ = moment(piece);
}

/// Before the first command. Nothing of it is kept but what the server is able to.
void MysqlDecoder::greet(const Piece& piece, std::vector<Call>& done) {
  if (piece.missing_before && replies_.skip(piece.missing_before) == MysqlFramer::Skip::kLost)
    replies_.reset();
  std::string_view bytes = piece.bytes;
  while (!bytes.empty()) {
    if (!replies_.take(bytes)) return;
    const MysqlMessage& message = replies_.message();
    if (message.sequence == 0)
      server_capabilities_ = parse_mysql_greeting(message.head).value_or(server_capabilities_);
    const bool ok = message.head.size() >= kLeastOkSize &&
                    static_cast<std::uint8_t>(message.head[0]) == kMysqlOk;
    if (!ok || message.sequence < 2) continue;
    login_ = false;
    replies_.reset();
    if (capabilities_ && *capabilities_ & (kMysqlCompress | kMysqlZstd)) start_turns(false);
    return answer(Piece{bytes, 0, piece.time_ns, piece.arrived_ns, piece.tid}, done);
  }
}

void MysqlDecoder::answer(const Piece& piece, std::vector<Call>& done) {
  if (queue_.empty()) queue_partial_request();
  if (piece.missing_before && !queue_.empty() && !skip_reply(piece, done)) return;
  std::string_view bytes = piece.bytes;
  if (!queue_.empty() && queue_.front().closed && !replies_.at_boundary()) pipelines_ = true;
  if (reply_lost_ && !queue_.empty() && !find_reply(piece, done)) return;
  while (!bytes.empty() && !queue_.empty()) {
    if (replies_.at_boundary()) {
      message_start_ = moment(piece);
      reply_judged_ = stray_reply_ = false;
    }
    const bool ended = replies_.take(bytes);
    if (!reply_judged_ && replies_.has_header()) judge_reply(piece, done);
    if (ended && !queue_.empty() && !reply_lost_) take_answer(piece, done);
    if (!reply_lost_) continue;
    queue_.front().call.reply_bytes += bytes.size();
    return;
  }
  if (queue_.empty()) replies_.reset();
}

/// Missing bytes of replies. False when the piece has nothing more to tell.
bool MysqlDecoder::skip_reply(const Piece& piece, std::vector<Call>& done) {
  if (queue_.front().closed) {  // they were the rest of it
    queue_.pop();
    answering_ = reply_lost_ = false;
    replies_.reset();
    if (queue_.empty()) return false;
  }
  if (reply_lost_) {
    queue_.front().call.reply_bytes += piece.missing_before;
    tail_.clear();
    return true;
  }
  switch (replies_.skip(piece.missing_before)) {
    case MysqlFramer::Skip::kWithin:
      return true;
    case MysqlFramer::Skip::kEnded:
      take_answer(piece, done);
      return true;
    case MysqlFramer::Skip::kLost:
      break;
  }
  if (answering_ || !replies_.at_boundary()) {
    lose_reply(piece);
    queue_.front().call.reply_bytes += piece.missing_before;
    return true;
  }
  // No reply had begun: those to all but the last were among the missing bytes.
  lose_calls(1);
  if (!starts_answer(piece.bytes, queue_.front().reply_sequence)) lose_reply(piece);
  return true;
}

/// The end of the answer at hand is searched from now on.
void MysqlDecoder::lose_reply(const Piece& piece) {
  if (!answering_) begin_answer(replies_.at_boundary() ? moment(piece) : message_start_);
  MysqlPending& front = queue_.front();
  front.call.flags |= kCallResynced;
  if (!replies_.at_boundary()) front.call.reply_bytes += replies_.message().wire_bytes;
  reply_.lose();
  replies_.reset();
  tail_.clear();
  reply_lost_ = true;
}

/// Searches the place in the replies again: the end of the answer at hand at the end of the
/// piece, or the beginning of the next. True when the piece is to be followed from its start.
bool MysqlDecoder::find_reply(const Piece& piece, std::vector<Call>& done) {
  if (queue_.size() > 1 && starts_answer(piece.bytes, queue_.at(1).reply_sequence)) {
    close_front_by_turn(done);
    return true;
  }
  queue_.front().call.reply_bytes += piece.bytes.size();
  const std::size_t kept = std::min(tail_.size(), kMostTail);
  tail_.erase(0, tail_.size() - kept);
  tail_.append(piece.bytes.substr(piece.bytes.size() - std::min(piece.bytes.size(), kMostTail)));
  switch (reply_.take_end(tail_)) {
    case MysqlReply::Step::kMore:  // another result follows
      reply_lost_ = false;
      next_sequence_ = -1;
      break;
    case MysqlReply::Step::kDone:
      finish_front(moment(piece), done);
      lose_calls(0);
      break;
    case MysqlReply::Step::kFile:
    case MysqlReply::Step::kLost:
      break;
  }
  return false;
}

/// A reply's message has begun: it goes on with the answer at hand, or begins the next, or
/// has no place here.
void MysqlDecoder::judge_reply(const Piece& piece, std::vector<Call>& done) {
  const MysqlMessage& message = replies_.message();
  reply_judged_ = true;
  if (answering_) {
    if (next_sequence_ < 0 || message.sequence == next_sequence_) {
      pipelines_ = pipelines_ || queue_.front().closed;
      return;
    }
    contradictions_++;
    const MysqlPending* next = queue_.size() > 1 ? &queue_.at(1) : nullptr;
    if (!next || message.sequence != next->reply_sequence ||
        message_start_.time_ns < next->call.start_ns)
      return lose_reply(piece);
    // The answer ended without being understood, and this is the next.
    queue_.front().call.flags |= kCallResynced;
    reply_.lose();
    finish_front(last_reply_, done);
  }
  const std::int16_t expected = queue_.front().reply_sequence;
  const bool error =
      !message.head.empty() && static_cast<std::uint8_t>(message.head[0]) == kMysqlError;
  if (expected < 0 || message.sequence == expected || error) {
    pipelines_ = pipelines_ || (queue_.size() > 1 && piece.missing_before == 0);
    return begin_answer(message_start_);
  }
  // What ends the definitions of a prepared statement, when that was not known to come.
  stray_reply_ = message.sequence == next_sequence_ && message.length == kEofSize;
  if (stray_reply_) return reply_.know_definitions_end(true);
  contradictions_++;
  lose_reply(piece);
}

void MysqlDecoder::begin_answer(const Moment& first) {
  MysqlPending& front = queue_.front();
  answering_ = true;
  reply_.begin(front.command->answer);
  next_sequence_ = front.reply_sequence;
  front.call.first_read_ns = first.time_ns;
  front.call.arrived_ns = first.arrived_ns;
}

void MysqlDecoder::take_answer(const Piece& piece, std::vector<Call>& done) {
  const MysqlMessage& message = replies_.message();
  last_reply_ = moment(piece);
  next_sequence_ = static_cast<std::uint8_t>(message.last_sequence + 1);
  if (stray_reply_) return;
  Call& call = queue_.front().call;
  // The answer proper begins after the file.
  if (call.first_read_ns == 0) {
    call.first_read_ns = message_start_.time_ns;
    call.arrived_ns = message_start_.arrived_ns;
  }
  call.reply_bytes += message.wire_bytes;
  switch (reply_.take(message)) {
    case MysqlReply::Step::kMore:
      return;
    case MysqlReply::Step::kDone:
      if (sending_file_) {
        // It came before the file's end was seen, which has passed or will never come.
        sending_file_ = false;
        lose_request();
      }
      return finish_front(moment(piece), done);
    case MysqlReply::Step::kFile:
      sending_file_ = true;
      next_sequence_ = -1;
      call.first_read_ns = call.arrived_ns = 0;
      return;
    case MysqlReply::Step::kLost:
      if (!message.head.empty()) contradictions_++;
      call.reply_bytes -= message.wire_bytes;
      return lose_reply(piece);
  }
}

/// What an answer changes of the connection.
void MysqlDecoder::apply_answer(MysqlPending& pending) {
  if (!answering_ || reply_.failed()) return;
  const std::uint8_t code = pending.command->code;
  if (pending.names_database) database_ = wanted_database_;
  if (code == kMysqlChangeUser || code == kMysqlResetConnection) statements_.clear();
  if (code == kMysqlPrepare && reply_.statement())
    statements_.add(*reply_.statement(),
                    {pending.call.query, (pending.call.flags & kCallTruncated) != 0});
}

}  // namespace culprit
