// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace culprit {

/// True for the letters that messages of the server begin with.
bool is_server_letter(char letter);

/// Rows of a CommandComplete tag ("SELECT 5", "INSERT 0 3"); kUnknownCount without any.
std::uint64_t rows_of_tag(std::string_view tag);

/// Field C of an ErrorResponse's body; left as it is when there is none.
void copy_sqlstate(std::string_view error_body, std::array<char, 14>& code);

/// How a reply ends whose middle was not captured.
struct ReplyEnd {
  bool found = false;  ///< the bytes end with ReadyForQuery
  char state = '\0';   ///< of the transaction: I, T, E
  std::uint64_t rows;  ///< of the CommandComplete before it; kUnknownCount
};
ReplyEnd find_reply_end(std::string_view bytes);

}  // namespace culprit
