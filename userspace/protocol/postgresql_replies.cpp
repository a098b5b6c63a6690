// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_replies.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace culprit {
namespace {

bool is_sqlstate(std::string_view code) {
  return code.size() == 5 && std::all_of(code.begin(), code.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z');
         });
}

constexpr std::string_view kReadyHeader("Z\0\0\0\5", 5);
constexpr std::size_t kReadySize = 6, kMostTag = 64;
// Of bytes without a place: as many as the kernel keeps of the end, and as are searched.
constexpr std::size_t kUnplacedKept = 64, kUnplacedSearched = 8192;

Transaction transaction_of(char status) {
  switch (status) {
    case 'I':
      return Transaction::kNone;
    case 'T':
      return Transaction::kOpen;
    case 'E':
      return Transaction::kFailed;
  }
  return Transaction::kUnknown;
}

// "INSERT 0 3", "SELECT 3", "COPY 3"; other tags have no number.
std::optional<std::uint64_t> rows_of(std::string_view tag) {
  tag = tag.substr(0, tag.find('\0'));
  const std::size_t space = tag.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::uint64_t rows = 0;
  const char* const end = tag.data() + tag.size();
  const auto [last, error] = std::from_chars(tag.data() + space + 1, end, rows);
  if (error != std::errc() || last != end) return std::nullopt;
  return rows;
}

std::string_view sqlstate_of(std::string_view fields) {
  while (!fields.empty() && fields[0] != '\0') {
    const std::size_t end = fields.find('\0');
    if (fields[0] == 'C')
      return end != std::string_view::npos && is_sqlstate(fields.substr(1, end - 1))
                 ? fields.substr(1, end - 1)
                 : std::string_view();
    if (end == std::string_view::npos) break;
    fields.remove_prefix(end + 1);
  }
  return {};
}

bool is_tag(std::string_view tag) {
  if (tag.size() < 2 || tag.back() != '\0') return false;
  for (const char byte : tag.substr(0, tag.size() - 1)) {
    const bool upper = byte >= 'A' && byte <= 'Z', digit = byte >= '0' && byte <= '9';
    if (!upper && !digit && byte != ' ') return false;
  }
  return true;
}

// What ends exactly where the ReadyForQuery begins: a completion, an error, or the last fields
// of one (file, line, routine), which is all that is left of what is long.
PostgresqlFoundEnd end_before_ready(std::string_view before) {
  PostgresqlFoundEnd found;
  const std::size_t most = std::min(before.size(), kMostTag + 5);
  for (std::size_t size = 7; size <= most; size++) {
    const std::string_view message = before.substr(before.size() - size);
    if (postgresql_number(message.substr(1)) != size - 1) continue;
    if (message[0] == 'C' && is_tag(message.substr(5))) {
      found.completion = true;
      found.rows = rows_of(message.substr(5));
      return found;
    }
    if (message[0] == 'E' && !sqlstate_of(message.substr(5)).empty()) {
      found.error = true;
      found.sqlstate = sqlstate_of(message.substr(5));
      return found;
    }
  }
  const std::size_t routine = before.rfind(std::string_view("\0R", 2));
  found.error =
      before.size() > 2 && before.substr(before.size() - 2) == std::string_view("\0\0", 2) &&
      routine != std::string_view::npos && before.find(std::string_view("\0L", 2)) < routine;
  return found;
}

}  // namespace

void PostgresqlReplies::read(const Piece& piece, std::vector<Call>& done) {
  exchange_.note_reply();
  const bool turn = exchange_.take_turn() && piece.missing_before == 0;
  if (piece.missing_before > 0) unplaced_.clear();
  const std::uint64_t losses = messages_.losses();
  messages_.feed(piece);
  if (messages_.losses() != losses) exchange_.miss_replies();
  PostgresqlMoment begin = messages_.now();
  if (piece.bytes.empty()) begin.place -= piece.missing_before;
  if (exchange_.awaits_packet_answer()) take_packet_answers();
  for (PostgresqlMessage message;;) {
    switch (messages_.next(message)) {
      case PostgresqlMessages::Next::kMessage:
        take(message, done);
        break;
      case PostgresqlMessages::Next::kMore:
        return;
      case PostgresqlMessages::Next::kLost:
        if (!find_place(turn && messages_.rest().size() == piece.bytes.size(), begin, done)) return;
        break;
    }
  }
}

// Single bytes, outside of all messages. The client waits for them, so that they are next even
// where the place was lost.
void PostgresqlReplies::take_packet_answers() {
  while (exchange_.awaits_packet_answer() && !messages_.rest().empty()) {
    const char answer = messages_.rest()[0];
    if (answer == 'E') {  // of servers that know no TLS: a whole message
      exchange_.answer_packet(false);
      return;
    }
    messages_.regain(1);
    exchange_.answer_packet(answer != 'N');
    if (answer != 'N') messages_.lose();
  }
}

bool PostgresqlReplies::find_place(bool turn, const PostgresqlMoment& begin,
                                   std::vector<Call>& done) {
  if (turn && are_postgresql_messages(PostgresqlSide::kReply, messages_.rest())) {
    messages_.regain(0);
    return true;
  }
  if (find_end(begin, done)) {
    std::string().swap(unplaced_);
    return true;
  }
  messages_.drop();
  exchange_.note_unplaced_reply(begin, messages_.now());
  return false;
}

bool PostgresqlReplies::find_end(const PostgresqlMoment& begin, std::vector<Call>& done) {
  const std::string_view rest = messages_.rest();
  if (unplaced_.size() > kUnplacedKept) unplaced_.erase(0, unplaced_.size() - kUnplacedKept);
  unplaced_.append(rest.substr(rest.size() - std::min(rest.size(), kUnplacedSearched)));
  const std::string_view bytes = unplaced_;
  for (std::size_t at = bytes.find(kReadyHeader); at != std::string_view::npos;
       at = bytes.find(kReadyHeader, at + 1)) {
    if (bytes.size() - at < kReadySize) break;
    const Transaction transaction = transaction_of(bytes[at + 5]);
    const std::string_view after = bytes.substr(at + kReadySize);
    if (transaction == Transaction::kUnknown || after.size() > rest.size()) continue;
    if (!after.empty() && !are_postgresql_messages(PostgresqlSide::kReply, after)) continue;
    PostgresqlFoundEnd found = end_before_ready(bytes.substr(0, at));
    found.transaction = transaction;
    messages_.regain(rest.size() - after.size());
    exchange_.ready_again(begin, messages_.now(), found, done);
    return true;
  }
  return false;
}

void PostgresqlReplies::take(const PostgresqlMessage& message, std::vector<Call>& done) {
  switch (message.type) {
    case 'Z':
      return exchange_.ready(message, transaction_of(message.body.empty() ? '\0' : message.body[0]),
                             done);
    case 'C':
      return exchange_.complete(message, message.cut ? std::nullopt : rows_of(message.body), done);
    case 'I':
    case 's':
    case 'V':
      return exchange_.complete(message, std::nullopt, done);
    case 'E':
      return exchange_.fail(message, sqlstate_of(message.body), done);
    // The server may send these at any time; they are no part of a reply.
    case 'A':
    case 'N':
    case 'S':
    case 'K':
    case 'R':
    case 'v':
      return;
    case 'G':
      exchange_.copies_in();
      break;
    case 'W':
      exchange_.copies_both_ways();
      break;
  }
  exchange_.part(message, message.type == 'D');
}

}  // namespace culprit
