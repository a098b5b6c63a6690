// SPDX-License-Identifier: Apache-2.0
#include "collect/port_reader.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "collect/host_parsers.h"

namespace culprit {
namespace {

constexpr std::uint64_t kListPeriodNs = 10'000'000'000;
constexpr std::size_t kMostPairs = 65'536;
constexpr std::size_t kMostTold = 16;
constexpr std::uint64_t kToldShare = 10;  // a tenth of the ports
// Numbers of include/net/tcp_states.h. SYN_RECV, CLOSE and LISTEN took no port to connect.
constexpr std::uint32_t kTimeWait = 6;
constexpr std::uint32_t kConnected =
    1u << 1 | 1u << 2 | 1u << 4 | 1u << 5 | 1u << kTimeWait | 1u << 8 | 1u << 9 | 1u << 11;

}  // namespace

void PortCount::note(const inet_diag_msg& socket) {
  const std::uint16_t port = ntohs(socket.id.idiag_sport);
  if (port < first_ || port > last_) return;
  std::string key(1, static_cast<char>(socket.idiag_family));
  key.append(reinterpret_cast<const char*>(socket.id.idiag_src), sizeof(socket.id.idiag_src));
  key.append(reinterpret_cast<const char*>(socket.id.idiag_dst), sizeof(socket.id.idiag_dst));
  key.append(reinterpret_cast<const char*>(&socket.id.idiag_dport), sizeof(socket.id.idiag_dport));
  auto pair = pairs_.find(key);
  if (pair == pairs_.end()) {
    if (pairs_.size() >= kMostPairs) return;
    pair = pairs_.emplace(std::move(key), PortReading()).first;
    pair->second.local = diag_host(socket.idiag_family, socket.id.idiag_src);
    pair->second.remote = diag_host(socket.idiag_family, socket.id.idiag_dst) + ":" +
                          std::to_string(ntohs(socket.id.idiag_dport));
  }
  pair->second.used++;
  pair->second.time_wait += socket.idiag_state == kTimeWait;
}

std::vector<PortReading> PortCount::readings(std::uint64_t least) const {
  std::vector<PortReading> readings;
  for (const auto& [key, reading] : pairs_)
    if (reading.used >= least) readings.push_back(reading);
  std::sort(readings.begin(), readings.end(), [](const PortReading& a, const PortReading& b) {
    if (a.used != b.used) return a.used > b.used;
    return std::tie(a.remote, a.local) < std::tie(b.remote, b.local);
  });
  if (readings.size() > kMostTold) readings.resize(kMostTold);
  return readings;
}

PortReader::PortReader(const std::filesystem::path& root)
    : sockstat_(below(root, "proc/net/sockstat")), sockstat6_(below(root, "proc/net/sockstat6")) {}

std::vector<PortReading> PortReader::list(std::uint64_t first, std::uint64_t last) {
  PortCount count(first, last);
  const auto note = [&](const inet_diag_msg& socket, std::string_view) { count.note(socket); };
  for (const std::uint8_t family : {AF_INET, AF_INET6}) diag_.dump(family, kConnected, 0, note);
  return count.readings((last - first + 1) / kToldShare);
}

std::vector<PortReading> PortReader::read(const SettingsReading& settings, std::uint64_t now_ns) {
  if (!diag_ || !settings.port_first || !settings.port_last) return {};
  const std::uint64_t first = *settings.port_first, last = *settings.port_last;
  if (last < first) return {};
  std::uint64_t sockets = 0;
  for (OpenFile* file : {&sockstat_, &sockstat6_})
    if (const auto text = file->read(text_)) sockets += parse_sockstat(*text);
  if (sockets < (last - first + 1) / 2) {
    listed_ns_.reset();
    return latest_ = {};
  }
  if (!listed_ns_ || now_ns - *listed_ns_ >= kListPeriodNs) {
    latest_ = list(first, last);
    listed_ns_ = now_ns;
  }
  return latest_;
}

}  // namespace culprit
