// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_reply.h"

#include <algorithm>
#include <charconv>

#include "protocol/mysql_bytes.h"

namespace culprit {

namespace {

constexpr std::uint64_t kInTransaction = 0x0001;
constexpr std::uint64_t kMoreResults = 0x0008;
constexpr std::uint64_t kCursorExists = 0x0040;
constexpr std::uint64_t kOutParameters = 0x1000;

constexpr std::uint64_t kMostColumns = 65535;
constexpr std::uint64_t kEofSize = 5;       // 0xfe, warnings, status
constexpr std::uint64_t kLeastOkSize = 7;   // first byte, rows, insert id, status, warnings
constexpr std::uint64_t kProgress = 65535;  // MariaDB's error that is none: how far it has come

/// -1: not captured.
int first_byte(const MysqlMessage& message) {
  return message.head.empty() ? -1 : static_cast<std::uint8_t>(message.head[0]);
}

/// A row never looks like this: its first byte would announce 16 MiB or more.
bool ends_rows(const MysqlMessage& message) {
  return first_byte(message) == kMysqlEof && message.length < kMysqlMostPacket;
}

bool is_eof(const MysqlMessage& message) {
  return first_byte(message) == kMysqlEof && message.length <= kEofSize;
}

struct ColumnCount {
  std::uint64_t columns = 0;
  bool defined = true;  ///< definitions follow
};

/// How many columns a result has. Two dialects leave out definitions that the client knows:
/// MySQL's says so in a byte before the count, MariaDB's in one after it.
std::optional<ColumnCount> parse_column_count(std::string_view payload) {
  MysqlReader reader(payload);
  const auto count = reader.length_encoded();
  if (!count) return std::nullopt;
  const std::string_view rest = reader.rest();
  if (rest.empty()) return ColumnCount{*count};
  const auto mark = static_cast<std::uint8_t>(rest[0]);
  if (rest.size() == 1 && mark <= 1 && *count > 0) return ColumnCount{*count, mark == 1};
  const auto columns = reader.length_encoded();
  if (*count > 1 || !columns || !reader.rest().empty()) return std::nullopt;
  return ColumnCount{*columns, *count == 1};
}

/// The message that ends a result, where `bytes` end in one.
std::optional<MysqlMessage> find_end(std::string_view bytes) {
  constexpr std::size_t kHeader = 4;
  for (std::size_t size = kEofSize; size + kHeader <= bytes.size(); size++) {
    const std::string_view packet = bytes.substr(bytes.size() - size - kHeader);
    MysqlReader reader(packet);
    if (reader.integer(3) != size) continue;
    MysqlMessage message;
    message.head = packet.substr(kHeader);
    message.length = size;
    message.sequence = message.last_sequence = static_cast<std::uint8_t>(packet[3]);
    const int first = first_byte(message);
    if (first == kMysqlError && size > 8 && message.head[3] == '#') return message;
    if (first != kMysqlEof) continue;
    if (size == kEofSize) return message;
    // After rows, those that a statement changed and the id that it made are 0.
    if (size >= kLeastOkSize && message.head[1] == 0 && message.head[2] == 0) return message;
  }
  return std::nullopt;
}

}  // namespace

void MysqlReply::begin(MysqlAnswer answer) {
  answer_ = answer;
  state_ = State::kFirst;
  definitions_ = later_definitions_ = 0;
  result_rows_ = 0;
  rows_known_ = answer == MysqlAnswer::kResult;
  rows_ = rows_known_ ? 0 : kUnknownCount;
  failed_ = false;
  error_ = {};
  transaction_ = Transaction::kUnknown;
  statement_.reset();
}

void MysqlReply::lose() {
  rows_known_ = false;
  rows_ = kUnknownCount;
}

MysqlReply::Step MysqlReply::take(const MysqlMessage& message) {
  if (first_byte(message) == kMysqlError) return error_packet(message.head);
  switch (state_) {
    case State::kFirst:
      return first(message);
    case State::kDefinitions:
      return is_eof(message) ? Step::kLost : definition();
    case State::kDefinitionsEnd:
      return after_definitions(message);
    case State::kRows:
      break;
  }
  return row(message);
}

MysqlReply::Step MysqlReply::take_end(std::string_view bytes) {
  const bool has_rows = answer_ == MysqlAnswer::kResult || answer_ == MysqlAnswer::kRows ||
                        answer_ == MysqlAnswer::kColumns;
  const auto end = has_rows ? find_end(bytes) : std::nullopt;
  if (!end) return Step::kLost;
  return first_byte(*end) == kMysqlError ? error_packet(end->head) : status_packet(*end);
}

MysqlReply::Step MysqlReply::first(const MysqlMessage& message) {
  const int byte = first_byte(message);
  switch (answer_) {
    case MysqlAnswer::kStatus:
      return byte == kMysqlOk || ends_rows(message) ? status_packet(message) : Step::kLost;
    case MysqlAnswer::kResult:
      return first_of_result(message);
    case MysqlAnswer::kRows:
      return row(message);
    case MysqlAnswer::kColumns:
      return columns(message);
    case MysqlAnswer::kPrepare:
      return first_of_prepare(message);
    case MysqlAnswer::kText:
      return Step::kDone;
    case MysqlAnswer::kLogin:
      return byte == kMysqlOk ? status_packet(message) : Step::kMore;
    case MysqlAnswer::kStream:
      return is_eof(message) ? Step::kDone : Step::kMore;
    case MysqlAnswer::kNone:
      break;
  }
  return Step::kLost;
}

MysqlReply::Step MysqlReply::first_of_result(const MysqlMessage& message) {
  const int byte = first_byte(message);
  if (byte == kMysqlOk && message.length >= kLeastOkSize) return status_packet(message);
  if (byte == kMysqlFile) return Step::kFile;
  if (is_eof(message)) return status_packet(message);
  if (!message.whole()) return Step::kLost;
  const auto count = parse_column_count(message.head);
  if (!count || count->columns == 0 || count->columns > kMostColumns) return Step::kLost;
  definitions_ = static_cast<std::uint32_t>(count->columns);
  result_rows_ = 0;
  state_ = count->defined ? State::kDefinitions : State::kDefinitionsEnd;
  return Step::kMore;
}

MysqlReply::Step MysqlReply::first_of_prepare(const MysqlMessage& message) {
  MysqlReader reader(message.head);
  if (reader.integer(1) != static_cast<std::uint64_t>(kMysqlOk)) return Step::kLost;
  const auto statement = reader.integer(4);
  const auto columns = reader.integer(2), parameters = reader.integer(2);
  if (!parameters) return Step::kLost;
  statement_ = static_cast<std::uint32_t>(*statement);
  // A filler and the number of warnings; then MySQL may say that it leaves definitions out.
  if (reader.skip(1 + 2) && reader.integer(1) == 0u) return Step::kDone;
  definitions_ = static_cast<std::uint32_t>(*parameters);
  later_definitions_ = static_cast<std::uint32_t>(*columns);
  if (definitions_ == 0) return next_definitions();
  state_ = State::kDefinitions;
  return Step::kMore;
}

MysqlReply::Step MysqlReply::next_definitions() {
  definitions_ = later_definitions_;
  later_definitions_ = 0;
  state_ = State::kDefinitions;
  return definitions_ ? Step::kMore : Step::kDone;
}

MysqlReply::Step MysqlReply::columns(const MysqlMessage& message) {
  return ends_rows(message) ? status_packet(message) : Step::kMore;
}

MysqlReply::Step MysqlReply::definition() {
  if (--definitions_ > 0) return Step::kMore;
  state_ = State::kDefinitionsEnd;
  if (answer_ != MysqlAnswer::kPrepare) return Step::kMore;
  // When it is not known whether one more message ends the definitions, the answer counts as
  // done: that message has the wrong sequence to begin another, and the decoder learns of it.
  if (definitions_end_.value_or(false)) return Step::kMore;
  if (!definitions_end_ && later_definitions_ > 0) return Step::kMore;
  return next_definitions();
}

MysqlReply::Step MysqlReply::after_definitions(const MysqlMessage& message) {
  const bool eof = is_eof(message);
  if (eof || !definitions_end_) definitions_end_ = eof;
  if (answer_ == MysqlAnswer::kPrepare) {
    if (eof) return next_definitions();
    if (later_definitions_ == 0) return Step::kLost;
    next_definitions();
    return take(message);
  }
  if (!eof) {
    state_ = State::kRows;
    return row(message);
  }
  MysqlReader reader(message.head);
  const auto status = reader.skip(1 + 2) ? reader.integer(2) : std::nullopt;
  state_ = State::kRows;
  // The rows wait at the server until COM_STMT_FETCH asks for them.
  if (!status || !(*status & kCursorExists)) return Step::kMore;
  lose();
  return ended(status);
}

MysqlReply::Step MysqlReply::row(const MysqlMessage& message) {
  if (ends_rows(message)) return status_packet(message);
  state_ = State::kRows;
  result_rows_++;
  return Step::kMore;
}

MysqlReply::Step MysqlReply::error_packet(std::string_view head) {
  MysqlReader reader(head);
  reader.skip(1);
  const auto number = reader.integer(2);
  if (number == kProgress && answer_ == MysqlAnswer::kResult) return Step::kMore;
  failed_ = true;
  lose();
  transaction_ = Transaction::kUnknown;
  if (number) std::to_chars(error_.data(), error_.data() + error_.size(), *number);
  return Step::kDone;
}

MysqlReply::Step MysqlReply::status_packet(const MysqlMessage& message) {
  MysqlReader reader(message.head);
  reader.skip(1);
  if (is_eof(message)) return reader.skip(2) ? ended(reader.integer(2)) : ended(std::nullopt);
  const auto changed = reader.length_encoded(), inserted = reader.length_encoded();
  if (!changed || !inserted) return ended(std::nullopt);
  if (rows_known_) rows_ += *changed;
  return ended(reader.integer(2));
}

MysqlReply::Step MysqlReply::ended(std::optional<std::uint64_t> status) {
  const bool cursor = status && (*status & kCursorExists) && result_rows_ == 0 &&
                      state_ == State::kRows && answer_ == MysqlAnswer::kResult;
  if (cursor) lose();
  // What a procedure gives back in its OUT parameters comes as a result of one row, but is none.
  const bool out_parameters = status && (*status & kOutParameters);
  if (rows_known_ && !out_parameters) rows_ += result_rows_;
  result_rows_ = 0;
  if (!status) return Step::kDone;
  transaction_ = *status & kInTransaction ? Transaction::kOpen : Transaction::kNone;
  if (answer_ != MysqlAnswer::kResult || !(*status & kMoreResults)) return Step::kDone;
  state_ = State::kFirst;
  return Step::kMore;
}

}  // namespace culprit
