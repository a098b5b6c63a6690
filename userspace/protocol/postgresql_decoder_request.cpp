// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_decoder.h"
#include "protocol/turn_taking.h"

namespace culprit {
namespace {

using Pending = PostgresqlPending;

// What a start-up packet asks for.
constexpr std::uint32_t kSslRequest = 80877103, kGssRequest = 80877104, kCancel = 80877102;
constexpr std::uint32_t kVersion = 3;
constexpr std::size_t kLongestName = 63;  // NAMEDATALEN - 1

constexpr char kTlsHandshake = 0x16;

std::string_view up_to_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

/// Of all parameters only the database's name, which is the user's when there is none.
std::string_view database_of(std::string_view parameters) {
  std::string_view user;
  while (!parameters.empty() && parameters[0] != '\0') {
    const std::string_view name = up_to_nul(parameters);
    if (name.size() + 1 >= parameters.size()) break;
    parameters.remove_prefix(name.size() + 1);
    const std::string_view value = up_to_nul(parameters);
    if (value.size() == parameters.size()) break;  // cut
    parameters.remove_prefix(value.size() + 1);
    if (name == "database") return value.substr(0, kLongestName);
    if (name == "user") user = value;
  }
  return user.substr(0, kLongestName);
}

}  // namespace

void PostgresqlDecoder::request(const Piece& piece, std::vector<Call>& done) {
  if (is_cancel_) return;
  if (expects_tls_answer_ && !piece.bytes.empty() && piece.bytes[0] == kTlsHandshake)
    encrypted_ = make_turn_taking_decoder({}, statements_.books());
  if (encrypted_) return pass_encrypted(piece, true, done);
  if (reply_since_request_ && replies_.lost()) {
    // That it goes on tells that all before was answered.
    finish_unseen({{}, 0, last_reply_ns_, 0, last_reply_tid_}, done);
  }
  if (queue_.empty()) {
    if (replies_.lost()) replies_.reset();
    // All is answered, so that this is no rest of a message if it looks like new ones.
    if (reply_since_request_ && requests_.in_message() && requests_.are_messages(piece.bytes))
      requests_.reset();
  }
  reply_since_request_ = false;
  const bool was_lost = requests_.lost();
  requests_.feed(piece);
  while (const PostgresqlMessage* message = requests_.next()) take_request(*message, piece);
  if (!requests_.lost()) return;
  if (requests_.contradicted()) {
    contradictions_++;
    chain_ = {};
  } else {
    if (!was_lost) end_chain_unseen(piece);
    find_request(piece);
  }
  requests_.drop_rest();
  const std::uint64_t untold = requests_.take_untold();
  if (copying_in_ && !queue_.empty()) queue_.front().call.request_bytes += untold;
}

/// The place is lost; a piece that begins with a message shows it again.
void PostgresqlDecoder::find_request(const Piece& piece) {
  if (!requests_.finds_messages()) return;
  requests_.reset();
  while (const PostgresqlMessage* message = requests_.next()) take_request(*message, piece);
  if (requests_.contradicted()) contradictions_++;
}

/// What was not captured is COPY's data, or the end of an extended query whose beginning was
/// seen, or requests nobody knows of.
void PostgresqlDecoder::end_chain_unseen(const Piece& piece) {
  if (copying_in_) return;
  if (!chain_.start_ns) {
    lost_calls_++;
    return;
  }
  PostgresqlMessage execute;
  execute.size = requests_.take_untold();
  begin_call(Pending::kExecute, statements_.latest(), execute, piece);
  push(Pending::kSync);
}

void PostgresqlDecoder::take_start_up(const PostgresqlMessage& message) {
  if (message.body.size() < 4) return;
  const std::uint32_t code = read_u32(message.body);
  is_cancel_ = code == kCancel;
  expects_tls_answer_ = code == kSslRequest || code == kGssRequest;
  if (code >> 16 == kVersion) database_ = database_of(message.body.substr(4));
}

PostgresqlPending* PostgresqlDecoder::push(Pending::Kind kind) {
  if (queue_.full()) {
    // Nobody answers; what comes yet cannot be told apart.
    lost_calls_ += queue_.calls();
    queue_.clear();
    replies_.lose();
  }
  Pending* entry = queue_.push(kind);
  if (entry) entry->after_copy = after_copy_;
  after_copy_ = false;
  return entry;
}

void PostgresqlDecoder::begin_call(Pending::Kind kind, const PreparedQuery& query,
                                   const PostgresqlMessage& message, const Piece& piece) {
  const bool pipelined = queue_.calls() > 0;
  const Chain chain = std::exchange(chain_, {});
  Pending* entry = push(kind);
  if (!entry) {
    lost_calls_++;
    return;
  }
  Call& call = entry->call;
  call.query = query.query;
  call.start_ns = chain.start_ns ? chain.start_ns : message.first_ns;
  call.tid = chain.start_ns ? chain.tid : message.first_tid;
  call.request_end_ns = piece.time_ns;
  call.request_bytes = chain.bytes + message.size;
  call.flags = static_cast<std::uint16_t>(
      (query.prepared ? kCallPrepared : 0) | (query.unseen ? kCallTextUnseen : 0) |
      (query.cut ? kCallTruncated : 0) | (pipelined ? kCallPipelined : 0));
}

void PostgresqlDecoder::take_request(const PostgresqlMessage& message, const Piece& piece) {
  switch (message.type) {
    case '\0':
      return take_start_up(message);
    case 'Q':
      return begin_call(Pending::kQuery, statements_.query(up_to_nul(message.body), message.cut),
                        message, piece);
    case 'F':
      return begin_call(Pending::kQuery, statements_.function_call(), message, piece);
    case 'E':
      return begin_call(Pending::kExecute, statements_.portal(message.body), message, piece);
    case 'S':
      return take_sync(message, piece);
    case 'H':
      return add_to_latest(message, piece);
    case 'c':
    case 'f':
      copying_in_ = false;
      after_copy_ = true;
      [[fallthrough]];
    case 'd':
      if (Pending* entry = answering()) {
        entry->call.request_bytes += message.size;
        entry->call.request_end_ns = piece.time_ns;
      }
      return;
    case 'P':
      statements_.parse(message.body, message.cut);
      return add_to_chain(message);
    case 'B':
      statements_.bind(message.body);
      return add_to_chain(message);
    case 'C':
      statements_.close(message.body);
      return add_to_chain(message);
    case 'D':
      return add_to_chain(message);
    default:  // password, terminate: no part of a call
      return;
  }
}

void PostgresqlDecoder::add_to_chain(const PostgresqlMessage& message) {
  if (!chain_.start_ns) chain_ = {message.first_ns, 0, message.first_tid};
  chain_.bytes += message.size;
}

/// Sync and Flush make the server answer, and belong to the Execute before them.
void PostgresqlDecoder::add_to_latest(const PostgresqlMessage& message, const Piece& piece) {
  Pending* latest = queue_.back();
  if (!latest || latest->kind != Pending::kExecute || latest->answered) return;
  latest->call.request_bytes += message.size;
  if (!latest->call.first_read_ns) latest->call.request_end_ns = piece.time_ns;
}

void PostgresqlDecoder::take_sync(const PostgresqlMessage& message, const Piece& piece) {
  chain_ = {};
  if (copying_in_) return;  // the server skips it
  add_to_latest(message, piece);
  push(Pending::kSync);
}

}  // namespace culprit
