// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_requests.h"

namespace culprit {
namespace {

constexpr std::uint32_t kCancel = 1234u << 16 | 5678, kTls = kCancel + 1, kGss = kCancel + 2;
constexpr std::size_t kMostDatabaseName = 63;  // NAMEDATALEN - 1

// Takes a NUL-terminated string off the front; nullopt when its end is missing.
std::optional<std::string_view> take_string(std::string_view& bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return text;
}

}  // namespace

PostgresqlRequests::PostgresqlRequests(const DecoderScope& scope, DecoderBooks& books,
                                       PostgresqlExchange& exchange)
    : exchange_(exchange),
      messages_(PostgresqlSide::kRequest, scope.from_start),
      statements_(scope.application, books) {
  if (scope.from_start) messages_.expect_packet();
}

void PostgresqlRequests::read(const Piece& piece, std::vector<Call>& done) {
  if (exchange_.take_encrypted()) messages_.lose();
  // A text that only looked like a message is left for what is one to its last byte.
  if (guessed_ && messages_.in_body() && piece.missing_before == 0 &&
      are_whole_postgresql_messages(PostgresqlSide::kRequest, piece.bytes)) {
    messages_.lose();
  }
  messages_.feed(piece);
  for (PostgresqlMessage message;;) {
    switch (messages_.next(message)) {
      case PostgresqlMessages::Next::kMessage:
        guessed_ = false;
        take(message, done);
        break;
      case PostgresqlMessages::Next::kMore:
        return;
      case PostgresqlMessages::Next::kLost:
        if (!find_place()) return;
        break;
    }
  }
}

// Portals of a request that is half told belong to the next transaction.
void PostgresqlRequests::end_transaction() {
  if (!group_) statements_.end_transaction();
}

// A client writes whole messages, so that a piece that looks like messages is some.
bool PostgresqlRequests::find_place() {
  if (losses_ != messages_.losses()) {
    losses_ = messages_.losses();
    exchange_.miss_requests(messages_.now());
  }
  group_.reset();
  if (is_postgresql_packet(messages_.rest())) {
    messages_.regain(0);
    messages_.expect_packet();
    return true;
  }
  if (are_postgresql_messages(PostgresqlSide::kRequest, messages_.rest())) {
    messages_.regain(0);
    guessed_ = true;
    return true;
  }
  messages_.drop();
  return false;
}

void PostgresqlRequests::take(const PostgresqlMessage& message, std::vector<Call>& done) {
  switch (message.type) {
    case '\0':
      return take_packet(message);
    case 'd':
    case 'c':
    case 'f':
      return exchange_.copy_data(message.end);
    case 'H':
      return exchange_.flush(message.end);
    case 'S':
      group_.reset();
      return exchange_.sync(message.end);
    case 'p':
    case 'X':
      return;
  }
  exchange_.settle(done);
  switch (message.type) {
    case 'Q':
      return take_query(message);
    case 'P':
      return take_parse(message);
    case 'B':
      return take_bind(message);
    case 'E':
      return take_execute(message);
    case 'C':
      return take_close(message);
    case 'D':
      group(message);
      return;
    case 'F':
      exchange_.query(statements_.of_function(postgresql_number(message.body)), message.begin,
                      message.end, !exchange_.idle());
      return;
  }
}

void PostgresqlRequests::take_packet(const PostgresqlMessage& message) {
  const std::uint32_t code = postgresql_number(message.body);
  if (code >> 16 == 3) return take_startup(message.body.substr(4));
  if (code == kTls || code == kGss) {
    exchange_.expect_packet_answer();
    messages_.expect_packet();
  } else if (code != kCancel) {
    contradictions_++;
    messages_.lose();
  }
}

void PostgresqlRequests::take_startup(std::string_view parameters) {
  std::string_view user, database;
  for (;;) {
    const auto name = take_string(parameters);
    if (!name || name->empty()) break;
    const auto value = take_string(parameters);
    if (!value) break;
    if (*name == "database") database = *value;
    if (*name == "user") user = *value;
  }
  // Where none is named, it is that of the user's name.
  database_ = (database.empty() ? user : database).substr(0, kMostDatabaseName);
}

void PostgresqlRequests::take_query(const PostgresqlMessage& message) {
  std::string_view body = message.body;
  const auto whole = take_string(body);
  const std::string_view sql = whole.value_or(message.body);
  statements_.heed(sql);
  exchange_.query(statements_.of_text(sql, !whole && message.cut), message.begin, message.end,
                  !exchange_.idle());
  group_.reset();
}

void PostgresqlRequests::take_parse(const PostgresqlMessage& message) {
  group(message);
  std::string_view body = message.body;
  const auto name = take_string(body);
  if (!name) return;
  std::string_view after = body;
  const auto whole = take_string(after);
  const std::string_view sql = whole.value_or(body);
  statements_.heed(sql);
  statements_.prepare(*name, statements_.of_text(sql, !whole && message.cut));
}

void PostgresqlRequests::take_bind(const PostgresqlMessage& message) {
  group(message).bound = true;
  std::string_view body = message.body;
  const auto portal = take_string(body);
  if (!portal) return;
  if (const auto statement = take_string(body)) {
    statements_.bind(*portal, *statement);
  } else {
    statements_.close_portal(*portal);
  }
}

void PostgresqlRequests::take_execute(const PostgresqlMessage& message) {
  const Group whole = group(message);
  std::string_view body = message.body;
  const auto portal = take_string(body);
  exchange_.execute(portal ? statements_.of_portal(*portal) : PostgresqlStatement(), whole.begin,
                    message.end, whole.pipelined);
  group_.reset();
}

void PostgresqlRequests::take_close(const PostgresqlMessage& message) {
  group(message);
  std::string_view body = message.body;
  if (body.empty()) return;
  const char what = body[0];
  body.remove_prefix(1);
  const auto name = take_string(body);
  if (!name) return;
  if (what == 'S') {
    statements_.close_statement(*name);
  } else {
    statements_.close_portal(*name);
  }
}

PostgresqlRequests::Group& PostgresqlRequests::group(const PostgresqlMessage& message) {
  // What was prepared in a round trip of its own is no part of the request that follows.
  const bool prepared_before =
      group_ && !group_->bound && exchange_.idle() && group_->replies != exchange_.replies();
  if (!group_ || prepared_before) {
    group_ = Group{message.begin, exchange_.replies(), false, !exchange_.idle()};
  }
  return *group_;
}

}  // namespace culprit
