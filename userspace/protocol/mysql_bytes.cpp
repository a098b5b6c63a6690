// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_bytes.h"

namespace culprit {

std::optional<std::uint64_t> MysqlReader::integer(std::size_t size) {
  if (rest_.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(rest_[i]);
  rest_.remove_prefix(size);
  return value;
}

std::optional<std::uint64_t> MysqlReader::length_encoded() {
  const std::string_view before = rest_;
  const auto first = integer(1);
  if (!first || *first < 0xfb) return first;
  std::optional<std::uint64_t> value;
  if (*first == 0xfc) value = integer(2);
  if (*first == 0xfd) value = integer(3);
  if (*first == 0xfe) value = integer(8);
  if (!value) rest_ = before;
  return value;
}

std::optional<std::string_view> MysqlReader::until_nul() {
  const std::size_t end = rest_.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

bool MysqlReader::skip(std::uint64_t size) {
  if (rest_.size() < size) return false;
  rest_.remove_prefix(size);
  return true;
}

bool MysqlReader::skip_length_encoded_string() {
  const std::string_view before = rest_;
  const auto size = length_encoded();
  if (size && skip(*size)) return true;
  rest_ = before;
  return false;
}

}  // namespace culprit
