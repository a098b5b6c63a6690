// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/call.h"

namespace culprit::call_records {

using namespace std::string_literals;

inline void set_address(std::uint8_t* address, std::uint8_t last_byte) {
  const std::uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last_byte};
  std::memcpy(address, bytes, sizeof(bytes));
}

/// Connection `id` from 10.0.0.1:40000 + id to 10.0.0.2:5432.
inline connection_record connection(std::uint64_t id, int protocol = PROTOCOL_POSTGRESQL,
                                    int role = ROLE_CLIENT, int flags = CONNECTION_EXISTED) {
  connection_record record{};
  record.header.kind = RECORD_CONNECTION;
  record.header.flags = static_cast<__u16>(flags);
  record.header.size = sizeof(record);
  record.header.time_ns = 1000;
  record.id = id;
  record.pid = 77;
  record.process_start_time_ns = 5;
  record.family = AF_INET;
  record.protocol = static_cast<__u8>(protocol);
  record.role = static_cast<__u8>(role);
  const bool client = role != ROLE_SERVER;
  set_address(record.local_address, client ? 1 : 2);
  set_address(record.remote_address, client ? 2 : 1);
  const auto port = static_cast<__u16>(40000 + id);
  record.local_port = client ? port : __u16{5432};
  record.remote_port = client ? __u16{5432} : port;
  return record;
}

/// A segment of which `missing` bytes at its end were not captured.
inline std::string segment_of(std::string_view bytes, std::uint32_t position, int flags,
                              std::uint64_t time_ns, std::uint32_t missing = 0) {
  segment segment{};
  segment.time_ns = time_ns;
  segment.arrived_ns = time_ns - 50;
  if (flags & SEGMENT_SENT) {
    segment.sender.task = 9;
    segment.sender.work = 4;
  }
  segment.position = position;
  segment.length = static_cast<__u32>(bytes.size()) + missing;
  segment.tid = 78;
  segment.captured = static_cast<__u16>(bytes.size());
  segment.flags = static_cast<__u16>(flags);
  std::string all(reinterpret_cast<const char*>(&segment), sizeof(segment));
  all += bytes;
  all.append((8 - bytes.size() % 8) % 8, '\0');
  return all;
}
inline std::string sent(std::string_view bytes, std::uint32_t position, std::uint64_t time_ns,
                        std::uint32_t missing = 0) {
  return segment_of(bytes, position, SEGMENT_SENT, time_ns, missing);
}
inline std::string received(std::string_view bytes, std::uint32_t position, std::uint64_t time_ns,
                            std::uint32_t missing = 0) {
  return segment_of(bytes, position, 0, time_ns, missing);
}

inline std::string exchange(std::uint64_t id, const std::string& segments,
                            const server_half& half = {}, std::uint32_t pid = 77) {
  exchange_record record{};
  record.header.kind = RECORD_EXCHANGE;
  record.header.size = static_cast<__u32>(sizeof(record) + segments.size());
  record.connection = id;
  record.pid = pid;
  record.bytes = static_cast<__u32>(segments.size());
  record.server = half;
  return std::string(reinterpret_cast<const char*>(&record), sizeof(record)) + segments;
}

// One exchange of PostgreSQL.
inline const std::string kQuery = "Q\0\0\0\x0dSELECT 1\0"s;
inline const std::string kReply = "C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"s;
inline const auto kQuerySize = static_cast<std::uint32_t>(kQuery.size());
inline const auto kReplySize = static_cast<std::uint32_t>(kReply.size());

/// The `n`th exchange of a client, counted from 0, at n * 1000 + 1000.
inline std::string nth_exchange(std::uint64_t id, std::uint32_t n, const server_half& half = {}) {
  const std::uint64_t time_ns = n * 1000 + 1000;
  return exchange(
      id, sent(kQuery, n * kQuerySize, time_ns) + received(kReply, n * kReplySize, time_ns + 100),
      half);
}

}  // namespace culprit::call_records
