// SPDX-License-Identifier: Apache-2.0
#include "store/cbor.h"

#include <bit>
#include <limits>

#include "util/utf8.h"

namespace culprit {
namespace {

constexpr std::uint64_t kDirect = 24;  // smaller values live in the first byte

/// log2 of the number of bytes that hold `value`: 0, 1, 2 or 3.
unsigned width_of(std::uint64_t value) {
  if (value <= 0xff) return 0;
  if (value <= 0xffff) return 1;
  return value <= 0xffffffff ? 2 : 3;
}

}  // namespace

void CborWriter::head(unsigned major, std::uint64_t value) {
  const unsigned type = major << 5;
  if (value < kDirect) {
    bytes_.push_back(static_cast<char>(type | value));
    return;
  }
  const unsigned width = width_of(value);
  bytes_.push_back(static_cast<char>(type | (kDirect + width)));
  for (int shift = (8 << width) - 8; shift >= 0; shift -= 8)
    bytes_.push_back(static_cast<char>(value >> shift));
}

void CborWriter::integer(std::int64_t value) {
  if (value >= 0)
    head(0, static_cast<std::uint64_t>(value));
  else
    head(1, ~static_cast<std::uint64_t>(value));
}

void CborWriter::real(double value) {
  bytes_.push_back(static_cast<char>(0xfb));
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(bits >> shift));
}

void CborWriter::text(std::string_view value) {
  head(is_utf8(value) ? 3 : 2, value.size());
  bytes_.append(value);
}

void CborWriter::bytes(const void* data, std::size_t size) {
  head(2, size);
  bytes_.append(static_cast<const char*>(data), size);
}

std::optional<std::uint64_t> CborReader::head(unsigned major) {
  if (at_end()) return std::nullopt;
  const auto first = static_cast<unsigned char>(data_[at_]);
  if (first >> 5 != major) return std::nullopt;
  const unsigned low = first & 0x1f;
  if (low < kDirect) {
    ++at_;
    return low;
  }
  if (low > kDirect + 3) return std::nullopt;  // reserved, or of indefinite length
  const unsigned width = low - kDirect;
  const std::size_t size = std::size_t{1} << width;
  if (data_.size() - at_ - 1 < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t byte = 0; byte < size; ++byte)
    value = value << 8 | static_cast<unsigned char>(data_[at_ + 1 + byte]);
  if (value < kDirect || width_of(value) != width) return std::nullopt;  // not the shortest form
  at_ += 1 + size;
  return value;
}

std::optional<std::int64_t> CborReader::integer() {
  const std::size_t start = at_;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto positive = head(0); positive && *positive <= kMax)
    return static_cast<std::int64_t>(*positive);
  if (const auto negative = head(1); negative && *negative <= kMax)
    return -1 - static_cast<std::int64_t>(*negative);
  at_ = start;
  return std::nullopt;
}

std::optional<bool> CborReader::boolean() {
  if (at_end()) return std::nullopt;
  const auto byte = static_cast<unsigned char>(data_[at_]);
  if (byte != 0xf4 && byte != 0xf5) return std::nullopt;
  ++at_;
  return byte == 0xf5;
}

bool CborReader::null() {
  if (at_end() || static_cast<unsigned char>(data_[at_]) != 0xf6) return false;
  ++at_;
  return true;
}

std::optional<double> CborReader::real() {
  if (data_.size() - at_ < 9 || static_cast<unsigned char>(data_[at_]) != 0xfb) return std::nullopt;
  std::uint64_t bits = 0;
  for (std::size_t byte = 1; byte < 9; ++byte)
    bits = bits << 8 | static_cast<unsigned char>(data_[at_ + byte]);
  at_ += 9;
  return std::bit_cast<double>(bits);
}

std::optional<std::string_view> CborReader::string(unsigned major) {
  const std::size_t start = at_;
  const auto size = head(major);
  if (!size || *size > data_.size() - at_) {
    at_ = start;
    return std::nullopt;
  }
  const std::string_view value = data_.substr(at_, *size);
  at_ += *size;
  return value;
}

std::optional<std::string_view> CborReader::text() {
  if (const auto value = string(3)) return value;
  return string(2);
}

std::optional<std::size_t> CborReader::container(unsigned major, std::size_t element_bytes) {
  const std::size_t start = at_;
  const auto count = head(major);
  if (!count || *count > (data_.size() - at_) / element_bytes) {
    at_ = start;
    return std::nullopt;
  }
  return *count;
}

std::string_view CborReader::found() const {
  if (at_end()) return "the end of the data";
  const auto first = static_cast<unsigned char>(data_[at_]);
  switch (first >> 5) {
    case 0:
      return "an unsigned integer";
    case 1:
      return "a negative integer";
    case 2:
      return "bytes";
    case 3:
      return "text";
    case 4:
      return "an array";
    case 5:
      return "a map";
    case 6:
      return "a tag";
    default:
      break;
  }
  if (first == 0xf4 || first == 0xf5) return "a boolean";
  if (first == 0xf6) return "null";
  return first == 0xfb ? "a number" : "bytes that are not part of the format";
}

}  // namespace culprit
