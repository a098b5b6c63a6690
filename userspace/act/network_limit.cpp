// SPDX-License-Identifier: Apache-2.0
#include "act/network_limit.h"

#include <arpa/inet.h>

#include <cstring>

#include "collect/socket_address.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::string_view kDeny = "deny ", kConnects = "connects ", kEgress = "egress ";
constexpr std::string_view kPerSecond = "/s";
// The bucket counts billionths in 63 bits.
constexpr std::int64_t kMostConnects = 1'000'000, kMostBytes = 4'000'000'000, kLeastBytes = 1024;
constexpr std::size_t kMappedAt = 12;  // of 16 bytes, where an IPv4 address is

/// "ADDRESS:PORT" as internet_address() writes it.
bool parse_end(std::string_view text, network_limit& limit) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = to_number<std::uint16_t>(text.substr(colon + 1));
  std::string host(text.substr(0, colon));
  if (!port || *port == 0) return false;
  limit.port = *port;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return inet_pton(AF_INET6, host.c_str(), limit.address) == 1;
  }
  std::memset(limit.address + kMappedAt - 2, 0xff, 2);
  return inet_pton(AF_INET, host.c_str(), limit.address + kMappedAt) == 1;
}

std::optional<std::int64_t> parse_rate(std::string_view text) {
  if (text.ends_with(kPerSecond)) text.remove_suffix(kPerSecond.size());
  return to_number<std::int64_t>(text);
}

}  // namespace

std::string network_limit_text(const network_limit& limit) {
  if (limit.port != 0)
    return std::string(kDeny) +
           internet_address(limit.address, static_cast<std::uint16_t>(limit.port));
  if (limit.connects_per_second != 0)
    return std::string(kConnects) + std::to_string(limit.connects_per_second) + "/s";
  return std::string(kEgress) + std::to_string(limit.egress_bytes_per_second) + "/s";
}

std::optional<network_limit> parse_network_limit(std::string_view text) {
  network_limit limit{};
  if (text.starts_with(kDeny) && parse_end(text.substr(kDeny.size()), limit)) return limit;
  if (text.starts_with(kConnects)) {
    const auto rate = parse_rate(text.substr(kConnects.size()));
    if (!rate || *rate < 1 || *rate > kMostConnects) return std::nullopt;
    limit.connects_per_second = static_cast<std::uint32_t>(*rate);
    return limit;
  }
  if (!text.starts_with(kEgress)) return std::nullopt;
  const auto rate = parse_rate(text.substr(kEgress.size()));
  if (!rate || *rate < kLeastBytes || *rate > kMostBytes) return std::nullopt;
  limit.egress_bytes_per_second = static_cast<std::uint64_t>(*rate);
  return limit;
}

std::string network_counts_text(const network_limit& limit, const network_limit_counts& counts) {
  if (limit.egress_bytes_per_second != 0)
    return "dropped " + std::to_string(counts.packets_dropped) + " packets, let " +
           std::to_string(counts.bytes_passed) + " bytes pass";
  return "refused " + std::to_string(counts.connects_refused) + " connections, let " +
         std::to_string(counts.connects_passed) + " pass";
}

Result<Setting> parse_deny_connect(std::string_view text) {
  network_limit limit{};
  if (!parse_end(text, limit))
    return misuse("--deny-connect '" + printable(text, 60) +
                  "' is not ADDRESS:PORT: 10.0.0.1:5432, [2001:db8::1]:80");
  Setting setting{Knob::kDenyConnect};
  setting.word = internet_address(limit.address, static_cast<std::uint16_t>(limit.port));
  return setting;
}

Result<Setting> parse_connect_rate(std::string_view text) {
  const auto rate = parse_rate(text);
  if (!rate || *rate < 1 || *rate > kMostConnects)
    return misuse("--connects '" + printable(text, 40) + "' is not a number a second: 5/s");
  Setting setting{Knob::kConnectRate};
  setting.number = *rate;
  return setting;
}

Result<Setting> parse_egress(std::string_view text) {
  std::string_view size = text;
  if (size.ends_with(kPerSecond)) size.remove_suffix(kPerSecond.size());
  const auto bytes = parse_bytes(size);
  if (!bytes || *bytes < kLeastBytes || *bytes > kMostBytes)
    return misuse("--egress '" + printable(text, 40) +
                  "' is not a size a second from 1K to 3G: 500K, 1M");
  Setting setting{Knob::kEgress};
  setting.number = *bytes;
  return setting;
}

std::string network_value(const Setting& setting) {
  if (setting.knob == Knob::kDenyConnect) return std::string(kDeny) + setting.word;
  const std::string_view kind = setting.knob == Knob::kConnectRate ? kConnects : kEgress;
  return std::string(kind) + std::to_string(setting.number) + std::string(kPerSecond);
}

}  // namespace culprit
