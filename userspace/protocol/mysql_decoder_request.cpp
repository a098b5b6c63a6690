// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "protocol/mysql_bytes.h"
#include "protocol/mysql_decoder.h"
#include "protocol/mysql_handshake.h"
#include "protocol/sql_normalizer.h"

namespace culprit {

namespace {

constexpr std::size_t kMostSql = 64 * 1024;
constexpr std::size_t kMostDatabaseName = 256;
/// MariaDB's clients execute what they have just prepared without waiting for its id.
constexpr std::uint32_t kLastPrepared = 0xffffffff;

}  // namespace

void MysqlDecoder::request(const Piece& piece, std::vector<Call>& done) {
  if (turns_) return turns_->request(piece, done);
  untouched_ = false;
  if (piece.missing_before) skip_request(piece, done);
  std::string_view bytes = piece.bytes;
  if (bytes.empty()) return;
  if (awaits_tls_ && starts_tls_handshake(bytes)) {
    start_turns(true);
    return turns_->request(piece, done);
  }
  awaits_tls_ = false;
  // The rest of what has been answered already is not to come.
  if (!requests_.at_boundary() && sent_ == Sent::kCommand && replied_since_request_ &&
      starts_mysql_command(bytes))
    requests_.reset();
  if (request_lost_ && !find_request(piece, done)) return;
  while (!bytes.empty()) {
    if (requests_.at_boundary()) {
      request_start_ = moment(piece);
      sent_ = Sent::kUnjudged;
      partial_queued_ = false;
    }
    last_request_ns_ = piece.time_ns;
    const bool ended = requests_.take(bytes);
    if (sent_ == Sent::kUnjudged && !judge_request(done)) {
      contradictions_++;
      return lose_request();
    }
    if (ended) finish_request(piece);
    if (turns_) return;
  }
}

bool MysqlDecoder::find_request(const Piece& piece, std::vector<Call>& done) {
  if (starts_mysql_command(piece.bytes)) {
    request_lost_ = false;
    return true;
  }
  if (starts_mysql_compressed(piece.bytes)) {
    start_turns(false);
    turns_->request(piece, done);
  }
  return false;
}

void MysqlDecoder::skip_request(const Piece& piece, std::vector<Call>& done) {
  if (request_lost_) return;
  last_request_ns_ = piece.time_ns;
  switch (requests_.skip(piece.missing_before)) {
    case MysqlFramer::Skip::kWithin:
      return;
    case MysqlFramer::Skip::kEnded:
      if (sent_ != Sent::kUnjudged || judge_request(done)) return finish_request(piece);
      break;
    case MysqlFramer::Skip::kLost:
      // What goes beyond a message that is not continued was another, of which nothing is known.
      if (!requests_.continues() && !login_ && sent_ != Sent::kFile) lost_calls_++;
      break;
  }
  lose_request();
}

/// Of the message at hand no more will be known; the next that looks like a command is one.
void MysqlDecoder::lose_request() {
  queue_partial_request();
  requests_.reset();
  sent_ = Sent::kUnjudged;
  request_lost_ = true;
}

/// Tells what the message that has begun is, once enough of it is there; false when it
/// cannot be any.
bool MysqlDecoder::judge_request(std::vector<Call>& done) {
  if (!requests_.has_header()) return true;
  const MysqlMessage& message = requests_.message();
  const MysqlAnswer awaited = queue_.empty() ? MysqlAnswer::kNone : queue_.front().command->answer;
  if (sending_file_) {
    sent_ = Sent::kFile;
  } else if (login_ && message.sequence != 0) {
    sent_ = Sent::kLogin;
  } else if (awaited == MysqlAnswer::kLogin && message.sequence != 0) {
    sent_ = Sent::kLoginMore;
  } else if (awaited == MysqlAnswer::kStream) {
    sent_ = Sent::kIgnored;  // acknowledgements of a replica
  } else if (message.sequence != 0 || message.length == 0) {
    return false;
  } else if (!message.head.empty()) {
    if (!find_mysql_command(static_cast<std::uint8_t>(message.head[0]))) return false;
    if (login_) replies_.reset();
    login_ = false;
    sent_ = Sent::kCommand;
    take_turn(done);
    replied_since_request_ = false;
  }
  return true;
}

/// A command begins. Replies have come since the last, so that, unless the client sends
/// without waiting, the answer at hand has ended.
void MysqlDecoder::take_turn(std::vector<Call>& done) {
  if (!replied_since_request_ || queue_.empty()) return;
  MysqlPending& front = queue_.front();
  if (front.command->answer == MysqlAnswer::kStream) return;
  if (reply_lost_) {
    close_front_by_turn(done);
    return lose_calls(0);
  }
  if (queue_.size() > 1 || pipelines_ || front.closed) return;
  if (replies_.at_boundary() && !answering_) return;
  if (!answering_) begin_answer(replies_.at_boundary() ? last_reply_ : message_start_);
  if (!replies_.at_boundary()) front.call.reply_bytes += replies_.message().wire_bytes;
  front.call.flags |= kCallResynced;
  reply_.lose();
  deliver(front, last_reply_, done);
  // It stays, in case that the client did not wait after all and the rest is still to come.
  front.closed = true;
}

void MysqlDecoder::finish_request(const Piece& piece) {
  const MysqlMessage& message = requests_.message();
  switch (sent_) {
    case Sent::kUnjudged:
      lost_calls_++;  // its first byte was not captured
      return;
    case Sent::kCommand:
      if (!partial_queued_) queue_command(piece.time_ns);
      return;
    case Sent::kLogin:
      return take_login();
    case Sent::kFile:
      if (message.length == 0) sending_file_ = false;
      [[fallthrough]];
    case Sent::kLoginMore:
      if (queue_.empty()) return;
      queue_.front().call.request_bytes += message.wire_bytes;
      queue_.front().call.request_end_ns = piece.time_ns;
      if (!sending_file_) next_sequence_ = static_cast<std::uint8_t>(message.last_sequence + 1);
      return;
    case Sent::kIgnored:
      return;
  }
}

void MysqlDecoder::queue_partial_request() {
  if (!sends_request()) return;
  queue_command(last_request_ns_);
  partial_queued_ = true;
}

void MysqlDecoder::queue_command(std::uint64_t end_ns) {
  const MysqlMessage& message = requests_.message();
  MysqlPending pending_command;
  pending_command.command = find_mysql_command(static_cast<std::uint8_t>(message.head[0]));
  pending_command.counts = pending_command.command->counts;
  Call& call = pending_command.call;
  call.start_ns = request_start_.time_ns;
  call.tid = request_start_.tid;
  call.task = request_start_.task;
  call.work = request_start_.work;
  call.request_end_ns = end_ns;
  constexpr std::uint64_t kHeader = 4;
  call.request_bytes = std::max(message.wire_bytes, message.length + kHeader);
  if (unanswered() > 0) call.flags |= kCallPipelined;
  if (pending_command.command->answer == MysqlAnswer::kStream) call.flags |= kCallWaits;
  name_command(pending_command);
  if (pending_command.command->answer == MysqlAnswer::kNone) return;
  pending_command.reply_sequence = requests_.continues()
                                       ? std::int16_t{-1}
                                       : static_cast<std::uint8_t>(message.last_sequence + 1);
  switch (queue_.push(pending_command)) {
    case MysqlQueue::Push::kKept:
      return;
    case MysqlQueue::Push::kUncounted:
      if (pending_command.counts) lost_calls_++;
      return;
    case MysqlQueue::Push::kFull:
      lost_calls_++;
      return start_turns(false);
  }
}

void MysqlDecoder::name_command(MysqlPending& pending) {
  const MysqlMessage& message = requests_.message();
  const std::string_view payload = message.head.substr(1);
  Call& call = pending.call;
  MysqlReader reader(payload);
  const auto statement = reader.integer(4);
  switch (pending.command->code) {
    case kMysqlQuery: {
      std::optional<bool> attributes;
      if (capabilities_) attributes = (*capabilities_ & kMysqlQueryAttributes) != 0;
      const auto sql = mysql_query_text(payload, attributes);
      name_query(sql.value_or(""), call);
      const auto used = sql && message.whole() ? mysql_used_database(*sql) : std::string_view();
      if (used.empty()) break;
      wanted_database_ = used;
      pending.names_database = true;
      break;
    }
    case kMysqlPrepare:
      name_query(payload, call);
      last_prepared_ = {call.query, (call.flags & kCallTruncated) != 0};
      break;
    case kMysqlExecute:
    case kMysqlBulkExecute:
      if (!statement) return use_statement({}, call);
      return use_statement(*statement == kLastPrepared
                               ? last_prepared_
                               : statements_.find(static_cast<std::uint32_t>(*statement)),
                           call);
    case kMysqlCloseStatement:
      if (statement) statements_.remove(static_cast<std::uint32_t>(*statement));
      break;
    case kMysqlInitDatabase:
    case kMysqlChangeUser:
      wanted_database_ =
          pending.command->code == kMysqlInitDatabase ? payload : parse_mysql_change_user(payload);
      pending.names_database = true;
      [[fallthrough]];
    default:
      if (pending.counts)
        call.query =
            books_.queries.intern(Protocol::kMysql, pending.command->name, pending.command->name);
  }
  if (wanted_database_.size() > kMostDatabaseName) wanted_database_.resize(kMostDatabaseName);
}

void MysqlDecoder::name_query(std::string_view sql, Call& call) {
  // Its buffers serve all connections of the thread.
  thread_local SqlNormalizer normalizer;
  const NormalizedSql normal = normalizer.normalize(sql.substr(0, kMostSql), SqlDialect::kMysql);
  const bool truncated = !requests_.message().whole() || sql.size() > kMostSql || normal.cut;
  if (truncated) call.flags |= kCallTruncated;
  if (normal.text.empty())
    call.flags |= kCallTextUnseen;
  else
    call.query = books_.queries.intern(Protocol::kMysql, normal.operation, normal.text, truncated);
}

void MysqlDecoder::use_statement(MysqlStatement statement, Call& call) {
  call.flags |= kCallPrepared;
  if (statement.truncated) call.flags |= kCallTruncated;
  if (statement.query == 0) call.flags |= kCallTextUnseen;
  call.query = statement.query;
}

void MysqlDecoder::take_login() {
  const MysqlMessage& message = requests_.message();
  // Other messages are more of the login: nobody's business.
  if (message.sequence != (asked_for_tls_ ? 2 : 1)) return;
  const auto login = parse_mysql_login(message.head, message.length);
  if (!login) return;
  awaits_tls_ = asked_for_tls_ = login->asks_for_tls;
  capabilities_ = login->capabilities & server_capabilities_;
  database_ = login->database.substr(0, kMostDatabaseName);
  reply_.know_definitions_end(!(*capabilities_ & kMysqlDeprecateEof));
}

}  // namespace culprit
