// SPDX-License-Identifier: Apache-2.0
#include "serve/line_buffer.h"

namespace culprit {

std::optional<std::string> LineBuffer::next() {
  if (!has_line()) return std::nullopt;
  const std::size_t end = bytes_.find('\n');
  std::string line = bytes_.substr(0, end);
  bytes_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace culprit
