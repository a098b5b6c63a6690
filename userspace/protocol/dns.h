// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// Header and first question of a message of the domain name system, RFC 1035 section 4.
struct DnsMessage {
  static constexpr std::uint8_t kNoError = 0, kNameError = 3;  ///< of `code`; the latter NXDOMAIN

  std::uint16_t id = 0;
  bool is_reply = false;
  std::uint8_t code = 0;  ///< RCODE of a reply
  /// In lower case, without the dot at the end, "." for the root; what is not printable or not
  /// ASCII is `?`. "" when the message has no question or its name is cut.
  std::string name;
  std::uint16_t type = 0;  ///< 1 A, 28 AAAA, …; 0 without a name
};

/// Absent for what is no standard query or reply to one. `bytes` may end early, behind the
/// header. Never follows a pointer: the first question has nothing before it to point to.
std::optional<DnsMessage> parse_dns(std::string_view bytes);

/// Cuts what goes one way over TCP into messages, each behind its length (section 4.2.2). Keeps
/// of each no more than what parse_dns() reads.
class DnsStream {
 public:
  /// The next bytes of it; `length` is at least their size, and what lies beyond was not captured.
  void add(std::string_view bytes, std::uint64_t length);
  /// The next message, or its beginning; absent: more has to come.
  std::optional<std::string> next();

 private:
  static constexpr std::size_t kMostHeld = 64 * 1024;

  std::string held_;
  std::uint64_t skip_ = 0;  ///< bytes of a message that has been given already
  bool lost_ = false;       ///< where messages begin is not known any more
};

}  // namespace culprit
