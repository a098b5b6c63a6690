// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::size_t kHeaderBytes = 12, kMostNameBytes = 255, kMostLabelBytes = 63;
constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kMostRead = kHeaderBytes + kMostNameBytes + 4;

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

char shown(char character) {
  if (character >= 'A' && character <= 'Z') return static_cast<char>(character - 'A' + 'a');
  return character > 0x20 && character < 0x7f && character != '.' ? character : '?';
}

/// Takes a name off the front; absent when it is cut, too long, or has a pointer in it.
std::optional<std::string> take_name(std::string_view& bytes) {
  std::string name;
  std::size_t used = 0;
  for (;;) {
    if (bytes.empty()) return std::nullopt;
    const auto length = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    used += 1u + length;
    if (length == 0) break;
    if (length > kMostLabelBytes || length > bytes.size() || used > kMostNameBytes)
      return std::nullopt;
    if (!name.empty()) name += '.';
    for (const char character : bytes.substr(0, length)) name += shown(character);
    bytes.remove_prefix(length);
  }
  return name.empty() ? "." : name;
}

}  // namespace

std::optional<DnsMessage> parse_dns(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::uint16_t flags = number_at(bytes, 2);
  const bool is_standard = (flags >> 11 & 0xf) == 0;
  const std::uint16_t questions = number_at(bytes, 4);
  DnsMessage message;
  message.id = number_at(bytes, 0);
  message.is_reply = (flags & 0x8000) != 0;
  message.code = flags & 0xf;
  if (!is_standard || questions > 1 || (questions == 0 && !message.is_reply)) return std::nullopt;
  if (questions == 0) return message;
  bytes.remove_prefix(kHeaderBytes);
  auto name = take_name(bytes);
  if (!name) return message;
  message.name = std::move(*name);
  if (bytes.size() >= 2) message.type = number_at(bytes, 0);
  return message;
}

void DnsStream::add(std::string_view bytes, std::uint64_t length) {
  if (lost_) return;
  const std::uint64_t skipped = std::min<std::uint64_t>(skip_, length);
  skip_ -= skipped;
  length -= skipped;
  bytes.remove_prefix(std::min<std::size_t>(bytes.size(), skipped));
  held_ += bytes;
  const std::uint64_t missing = length - bytes.size();
  // Bytes are missing at the end only: they may be those of the message that is begun.
  const std::uint64_t whole =
      held_.size() >= kLengthBytes ? kLengthBytes + std::uint64_t{number_at(held_, 0)} : 0;
  if (missing > 0 &&
      (held_.size() < kLengthBytes + kHeaderBytes || held_.size() + missing > whole)) {
    lost_ = true;
    return;
  }
  if (missing > 0) held_.resize(held_.size() + missing, '\xff');  // no name has such a label
  lost_ = held_.size() > kMostHeld;
}

std::optional<std::string> DnsStream::next() {
  if (lost_ || held_.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = number_at(held_, 0);
  const std::size_t present = std::min(length, held_.size() - kLengthBytes);
  if (present < std::min(length, kMostRead)) return std::nullopt;
  std::string message = held_.substr(kLengthBytes, std::min(present, kMostRead));
  held_.erase(0, kLengthBytes + present);
  skip_ = length - present;
  return message;
}

}  // namespace culprit
