// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_reply.h"

#include <algorithm>

#include "protocol/call.h"
#include "protocol/postgresql_framer.h"

namespace culprit {

bool is_server_letter(char letter) {
  return std::string_view("RKSZTDCE123tnNAIsVvWGHdc").find(letter) != std::string_view::npos;
}

std::uint64_t rows_of_tag(std::string_view tag) {
  tag = tag.substr(0, tag.find('\0'));
  const std::size_t blank = tag.rfind(' ');
  if (blank == std::string_view::npos || blank + 1 == tag.size() || tag.size() - blank > 19)
    return kUnknownCount;
  std::uint64_t rows = 0;
  for (const char digit : tag.substr(blank + 1)) {
    if (digit < '0' || digit > '9') return kUnknownCount;
    rows = rows * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return rows;
}

void copy_sqlstate(std::string_view error_body, std::array<char, 14>& code) {
  constexpr std::size_t kCodeSize = 5;
  while (!error_body.empty() && error_body[0] != '\0') {
    const std::size_t end = error_body.find('\0');
    if (end == std::string_view::npos) return;
    if (error_body[0] == 'C' && end == kCodeSize + 1) {
      std::copy_n(error_body.data() + 1, kCodeSize, code.data());
      return;
    }
    error_body.remove_prefix(end + 1);
  }
}

ReplyEnd find_reply_end(std::string_view bytes) {
  constexpr std::string_view kReady("Z\0\0\0\5", 5);
  constexpr std::size_t kReadySize = 6, kShortestTag = 6, kLongestTag = 64;
  ReplyEnd end;
  end.rows = kUnknownCount;
  if (bytes.size() < kReadySize) return end;
  const std::size_t ready = bytes.size() - kReadySize;
  end.state = bytes.back();
  end.found = bytes.substr(ready, kReady.size()) == kReady &&
              (end.state == 'I' || end.state == 'T' || end.state == 'E');
  if (!end.found) return end;
  for (std::size_t size = kShortestTag; size <= std::min(kLongestTag, ready); size++) {
    const std::string_view message = bytes.substr(ready - size, size);
    if (message[0] != 'C' || read_u32(message.substr(1)) != size - 1) continue;
    end.rows = rows_of_tag(message.substr(5));
    break;
  }
  return end;
}

}  // namespace culprit
