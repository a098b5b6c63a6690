// SPDX-License-Identifier: Apache-2.0
// Messages of name servers, whole, cut, and out of a stream.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/dns.h"

namespace {

void check(const std::optional<culprit::DnsMessage>& message) {
  if (!message) return;
  if (message->name.size() > 255) std::abort();
  for (const char character : message->name)
    if (character <= 0x20 || character >= 0x7f) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace culprit;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(parse_dns(bytes));
  check(parse_dns(bytes.substr(0, size / 2)));
  DnsStream stream;
  // The first byte of each piece says how long it is, the second how much of it is missing.
  for (std::string_view rest = bytes; rest.size() > 2;) {
    const std::size_t length = static_cast<unsigned char>(rest[0]);
    const std::size_t missing = static_cast<unsigned char>(rest[1]) % 4 ? 0 : length;
    rest.remove_prefix(2);
    const std::string_view piece = rest.substr(0, length);
    stream.add(piece, piece.size() + missing);
    while (const auto message = stream.next()) check(parse_dns(*message));
    rest.remove_prefix(piece.size());
  }
  return 0;
}
