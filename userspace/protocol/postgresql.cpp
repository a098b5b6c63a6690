// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql.h"

#include <cstring>
#include <deque>
#include <string>

#include "protocol/postgresql_framer.h"
#include "protocol/postgresql_reply.h"
#include "protocol/postgresql_statements.h"

namespace culprit {
namespace {

constexpr std::size_t kMostPending = 2048;
constexpr std::string_view kClientLetters = "QPBEDCSHFXpdcf";

constexpr std::uint32_t kSslRequest = 80877103, kGssRequest = 80877104, kCancel = 80877102;

/// What the server is yet to answer. Parse, Bind, Describe and Close have no entry: their
/// answers count to the Execute that follows.
struct Pending {
  enum Kind : std::uint8_t { kQuery, kExecute, kSync } kind = kQuery;
  bool answered = false;  ///< an Execute whose end waits for the Sync behind it
  Call call;
};

class PostgresqlDecoder final : public Decoder {
 public:
  PostgresqlDecoder(const DecoderScope& scope, DecoderBooks& books)
      : statements_(scope.application, books), query_book_(books.queries) {}

  void request(const Piece& piece, std::vector<Call>& done) override;
  void reply(const Piece& piece, std::vector<Call>& done) override;
  void close(std::uint64_t time_ns, std::vector<Call>& done) override;
  std::optional<std::uint64_t> busy_since() const override;
  std::size_t pending() const override;
  std::string_view database() const override { return database_; }

 private:
  bool begins_start_up(const Piece& piece) const;
  void start_up(const Piece& piece);
  void take_request(const PostgresqlMessage& message, const Piece& piece);
  void push(Pending::Kind kind, const PreparedQuery& query, const PostgresqlMessage& message,
            const Piece& piece);
  void take_reply(const PostgresqlMessage& message, const Piece& piece, std::vector<Call>& done);
  void finish(std::uint64_t time_ns, std::uint32_t tid, std::vector<Call>& done);
  void fail(std::string_view error_body);
  void command_complete(const PostgresqlMessage& message, const Piece& piece,
                        std::vector<Call>& done);
  void ready(char state, const Piece& piece, std::vector<Call>& done);
  void find_end(const Piece& piece, std::vector<Call>& done);
  void give_up_unanswered(std::vector<Call>& done);
  Pending* front_call();

  PostgresqlStatements statements_;
  QueryBook& query_book_;
  PostgresqlFramer requests_, replies_;
  std::deque<Pending> queue_;
  std::string database_;
  bool inert_ = false;            ///< TLS follows, or a cancel request: nothing to read
  bool expect_ssl_answer_ = false;
  bool skipping_ = false;         ///< after an error, until the next Sync
  bool reply_since_request_ = false;
  std::uint64_t chain_start_ns_ = 0, chain_bytes_ = 0;  ///< of Parse, Bind, … before an Execute
  std::uint32_t chain_tid_ = 0;
  std::uint64_t last_reply_ns_ = 0;
  std::uint32_t last_reply_tid_ = 0;
};

// A start-up packet has no letter; it begins with the high byte of its length, which is 0.
bool PostgresqlDecoder::begins_start_up(const Piece& piece) const {
  return requests_.at_boundary() && queue_.empty() && piece.bytes.size() >= 8 &&
         piece.bytes[0] == '\0' && piece.bytes[1] == '\0';
}

void PostgresqlDecoder::start_up(const Piece& piece) {
  const std::uint32_t code = read_u32(piece.bytes.substr(4));
  if (code == kCancel) inert_ = true;
  if (code == kSslRequest || code == kGssRequest) expect_ssl_answer_ = true;
  if (code >> 16 != 3) return;
  // Pairs of texts, of which only the database's name is kept.
  std::string_view body = piece.bytes.substr(8);
  while (!body.empty() && body[0] != '\0') {
    const std::size_t name_end = body.find('\0');
    if (name_end == std::string_view::npos) return;
    const std::size_t value_end = body.find('\0', name_end + 1);
    if (value_end == std::string_view::npos) return;
    const std::string_view name = body.substr(0, name_end);
    const std::string_view value = body.substr(name_end + 1, value_end - name_end - 1);
    if (name == "database" || (name == "user" && database_.empty()))
      database_ = value.substr(0, 63);
    body.remove_prefix(value_end + 1);
  }
}

void PostgresqlDecoder::request(const Piece& piece, std::vector<Call>& done) {
  if (inert_) return;
  if (reply_since_request_ && replies_.lost()) give_up_unanswered(done);
  reply_since_request_ = false;
  if (queue_.empty()) {
    replies_.reset();
    // After its answers a client begins with a fresh message.
    if (requests_.lost()) requests_.reset();
  }
  if (begins_start_up(piece)) return start_up(piece);
  const bool sound = requests_.feed(
      piece, [](char letter) { return kClientLetters.find(letter) != std::string_view::npos; },
      [](char letter) { return std::strchr("QPBECS", letter) != nullptr; },
      [&](const PostgresqlMessage& message) { take_request(message, piece); });
  if (sound) return;
  contradictions_++;
  requests_.lose();
}

void PostgresqlDecoder::push(Pending::Kind kind, const PreparedQuery& query,
                             const PostgresqlMessage& message, const Piece& piece) {
  if (queue_.size() >= kMostPending) {
    lost_calls_ += kind != Pending::kSync;
    return;
  }
  Pending& entry = queue_.emplace_back();
  entry.kind = kind;
  Call& call = entry.call;
  call.query = query.query;
  call.start_ns = chain_start_ns_ ? chain_start_ns_ : message.first_ns;
  call.tid = chain_start_ns_ ? chain_tid_ : message.first_tid;
  call.request_end_ns = piece.time_ns;
  call.request_bytes = chain_bytes_ + message.size;
  call.flags = static_cast<std::uint16_t>((query.prepared ? kCallPrepared : 0) |
                                          (query.unseen ? kCallTextUnseen : 0) |
                                          (query.cut ? kCallTruncated : 0) |
                                          (queue_.size() > 1 ? kCallPipelined : 0));
  chain_start_ns_ = chain_bytes_ = 0;
}

void PostgresqlDecoder::take_request(const PostgresqlMessage& message, const Piece& piece) {
  switch (message.type) {
    case 'Q':
      return push(Pending::kQuery,
                  statements_.query(message.body.substr(0, message.body.find('\0')), message.cut),
                  message, piece);
    case 'F':
      return push(Pending::kQuery,
                  {query_book_.intern(Protocol::kPostgresql, "CALL", "(function call)"), false,
                   false, false},
                  message, piece);
    case 'E':
      return push(Pending::kExecute, statements_.portal(message.body), message, piece);
    case 'S':
      return push(Pending::kSync, {}, message, piece);
    case 'd':
    case 'c':
    case 'f':
      if (Pending* entry = front_call()) entry->call.request_bytes += message.size;
      return;
    case 'P':
      statements_.parse(message.body, message.cut);
      break;
    case 'B':
      statements_.bind(message.body);
      break;
    case 'C':
      statements_.close(message.body);
      break;
    case 'D':
      break;
    default:  // flush, password, terminate: no part of a call
      return;
  }
  if (!chain_start_ns_) {
    chain_start_ns_ = message.first_ns;
    chain_tid_ = message.first_tid;
  }
  chain_bytes_ += message.size;
}

Pending* PostgresqlDecoder::front_call() {
  for (Pending& entry : queue_)
    if (entry.kind != Pending::kSync && !entry.answered) return &entry;
  return nullptr;
}

void PostgresqlDecoder::reply(const Piece& piece, std::vector<Call>& done) {
  if (inert_) return;
  if (queue_.empty() && !expect_ssl_answer_) return;  // nothing that anybody waits for
  Piece rest = piece;
  if (expect_ssl_answer_ && !piece.bytes.empty()) {
    expect_ssl_answer_ = false;
    if (piece.bytes[0] == 'S' || piece.bytes[0] == 'G') inert_ = true;
    rest.bytes.remove_prefix(1);
    if (inert_ || rest.bytes.empty()) return;
  }
  reply_since_request_ = true;
  last_reply_ns_ = piece.time_ns;
  last_reply_tid_ = piece.tid;
  const bool sound = replies_.feed(
      rest, is_server_letter, [](char letter) { return std::strchr("CEZ", letter) != nullptr; },
      [&](const PostgresqlMessage& message) { take_reply(message, piece, done); });
  if (!sound) {
    contradictions_++;
    replies_.lose();
  }
  if (replies_.lost()) find_end(piece, done);
}

void PostgresqlDecoder::take_reply(const PostgresqlMessage& message, const Piece& piece,
                                   std::vector<Call>& done) {
  if (std::strchr("NSAKR", message.type)) return;  // not an answer
  Pending* entry = front_call();
  if (entry) {
    Call& call = entry->call;
    if (!call.first_read_ns) {
      call.first_read_ns = message.first_ns;
      call.arrived_ns = message.first_arrived_ns;
    }
    call.reply_bytes += message.size;
  }
  switch (message.type) {
    case 'C':
    case 'I':
    case 's':
      return command_complete(message, piece, done);
    case 'E':
      return fail(message.body);
    case 'Z':
      return ready(message.body.empty() ? '\0' : message.body[0], piece, done);
    default:
      return;
  }
}

/// A statement is done. One that stands before its Sync ends with that.
void PostgresqlDecoder::command_complete(const PostgresqlMessage& message, const Piece& piece,
                                         std::vector<Call>& done) {
  Pending* entry = front_call();
  if (!entry) return;
  if (const std::uint64_t rows = message.type == 'C' ? rows_of_tag(message.body) : kUnknownCount;
      rows != kUnknownCount)
    entry->call.rows = entry->call.rows == kUnknownCount ? rows : entry->call.rows + rows;
  if (entry->kind == Pending::kQuery) return;  // ends with ReadyForQuery
  entry->answered = true;
  entry->call.end_ns = piece.time_ns;
  entry->call.reply_tid = piece.tid;
  const bool before_sync = queue_.size() >= 2 && queue_[0].answered && queue_[1].kind == Pending::kSync;
  if (before_sync) return;
  while (!queue_.empty() && queue_.front().answered) {
    done.push_back(queue_.front().call);
    queue_.pop_front();
  }
}

/// The statement at the front failed; in the extended protocol the server skips the rest up
/// to the Sync.
void PostgresqlDecoder::fail(std::string_view error_body) {
  Pending* entry = front_call();
  if (!entry) return;
  entry->call.outcome = Outcome::kError;
  copy_sqlstate(error_body, entry->call.error);
  if (entry->kind == Pending::kExecute) skipping_ = true;
}

void PostgresqlDecoder::finish(std::uint64_t time_ns, std::uint32_t tid, std::vector<Call>& done) {
  Call& call = queue_.front().call;
  call.end_ns = time_ns;
  call.reply_tid = tid;
  done.push_back(call);
  queue_.pop_front();
}

/// ReadyForQuery: everything up to the next Sync, or one simple query, is answered.
void PostgresqlDecoder::ready(char state, const Piece& piece, std::vector<Call>& done) {
  const Transaction transaction = state == 'I'   ? Transaction::kNone
                                  : state == 'T' ? Transaction::kOpen
                                  : state == 'E' ? Transaction::kFailed
                                                 : Transaction::kUnknown;
  bool first = true;
  while (!queue_.empty() && queue_.front().kind != Pending::kSync) {
    Pending& entry = queue_.front();
    const bool simple = entry.kind == Pending::kQuery;
    // Behind the one that failed nothing was run.
    if (!first && skipping_ && !entry.answered && entry.call.outcome == Outcome::kOk)
      entry.call.outcome = Outcome::kAborted;
    if (queue_.size() < 2 || queue_[1].kind == Pending::kSync || simple)
      entry.call.transaction = transaction;
    first = false;
    finish(piece.time_ns, piece.tid, done);
    if (simple) {
      skipping_ = false;
      return;
    }
  }
  if (!queue_.empty()) queue_.pop_front();
  skipping_ = false;
}

/// Bytes are missing. A reply that ends here ends with ReadyForQuery, and before it stands
/// how the statement ended.
void PostgresqlDecoder::find_end(const Piece& piece, std::vector<Call>& done) {
  const ReplyEnd end = find_reply_end(piece.bytes);
  if (!end.found) return;
  if (Pending* entry = front_call()) {
    if (!entry->call.first_read_ns) {
      entry->call.first_read_ns = piece.time_ns;
      entry->call.arrived_ns = piece.arrived_ns;
    }
    entry->call.reply_bytes += piece.bytes.size() + piece.missing_before;
    if (end.rows != kUnknownCount && entry->call.rows == kUnknownCount) entry->call.rows = end.rows;
  }
  replies_.reset();
  ready(end.state, piece, done);
}

/// The next request tells that all before it was answered.
void PostgresqlDecoder::give_up_unanswered(std::vector<Call>& done) {
  std::size_t calls = 0;
  for (Pending& entry : queue_) {
    if (entry.kind == Pending::kSync) continue;
    if (!entry.answered) entry.call.flags |= kCallResynced;
    entry.call.end_ns = last_reply_ns_;
    entry.call.reply_tid = last_reply_tid_;
    if (!entry.call.first_read_ns) entry.call.first_read_ns = last_reply_ns_;
    done.push_back(entry.call);
    calls++;
  }
  if (calls > 1) lost_calls_ += calls - 1;
  queue_.clear();
  skipping_ = false;
}

void PostgresqlDecoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  for (Pending& entry : queue_) {
    if (entry.kind == Pending::kSync) continue;
    if (!entry.answered) {
      if (entry.call.outcome == Outcome::kOk) entry.call.outcome = Outcome::kAborted;
      entry.call.end_ns = time_ns;
    }
    done.push_back(entry.call);
  }
  queue_.clear();
}

std::optional<std::uint64_t> PostgresqlDecoder::busy_since() const {
  for (const Pending& entry : queue_)
    if (entry.kind != Pending::kSync) return entry.call.start_ns;
  return std::nullopt;
}

std::size_t PostgresqlDecoder::pending() const {
  std::size_t count = 0;
  for (const Pending& entry : queue_) count += entry.kind != Pending::kSync && !entry.answered;
  return count;
}

}  // namespace

std::unique_ptr<Decoder> make_postgresql_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<PostgresqlDecoder>(scope, books);
}

}  // namespace culprit
