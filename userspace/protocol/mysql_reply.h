// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/call.h"
#include "protocol/mysql_command.h"
#include "protocol/mysql_framer.h"

namespace culprit {

/// Follows the answer to one command, message by message.
class MysqlReply {
 public:
  enum class Step : std::uint8_t {
    kMore,
    kDone,
    kFile,  ///< the server asks for a file, which the client sends before the answer goes on
    kLost,  ///< no message of this protocol, or too little of it was captured to know
  };

  /// The next message is the first of an answer of this kind.
  void begin(MysqlAnswer answer);
  Step take(const MysqlMessage& message);

  /// Messages were missed: rows are not known from now on.
  void lose();
  /// After lose(): bytes up to the end of a piece. When they end in the message that ends a
  /// result, the answer goes on after it (kMore) or is done; else kLost.
  Step take_end(std::string_view bytes);

  /// Whether a message of its own ends definitions of columns. Found from the bytes when the
  /// login was not seen.
  void know_definitions_end(bool sent) { definitions_end_ = sent; }

  std::uint64_t rows() const { return rows_; }
  bool failed() const { return failed_; }
  const std::array<char, 14>& error() const { return error_; }
  Transaction transaction() const { return transaction_; }
  /// That was prepared; nullopt: none, so far.
  std::optional<std::uint32_t> statement() const { return statement_; }

 private:
  enum class State : std::uint8_t { kFirst, kDefinitions, kDefinitionsEnd, kRows };

  Step first(const MysqlMessage& message);
  Step first_of_result(const MysqlMessage& message);
  Step first_of_prepare(const MysqlMessage& message);
  Step columns(const MysqlMessage& message);
  Step definition();
  Step after_definitions(const MysqlMessage& message);
  Step row(const MysqlMessage& message);
  Step error_packet(std::string_view head);
  Step status_packet(const MysqlMessage& message);
  Step next_definitions();
  Step ended(std::optional<std::uint64_t> status);

  MysqlAnswer answer_ = MysqlAnswer::kNone;
  State state_ = State::kFirst;
  std::optional<bool> definitions_end_;
  std::uint32_t definitions_ = 0, later_definitions_ = 0;  // that are still to come
  std::uint64_t rows_ = 0, result_rows_ = 0;
  bool failed_ = false, rows_known_ = true;
  std::array<char, 14> error_{};
  Transaction transaction_ = Transaction::kUnknown;
  std::optional<std::uint32_t> statement_;
};

}  // namespace culprit
