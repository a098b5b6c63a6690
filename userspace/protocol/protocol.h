// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/protocol.h"

namespace culprit {

/// What a connection speaks. The numbers are those that the kernel side writes.
enum class Protocol : std::uint8_t {
  kUnknown = PROTOCOL_UNKNOWN,
  kPostgresql = PROTOCOL_POSTGRESQL,
  kMysql = PROTOCOL_MYSQL,
  kRedis = PROTOCOL_REDIS,
  kMemcached = PROTOCOL_MEMCACHED,
  kHttp1 = PROTOCOL_HTTP1,
  kTls = PROTOCOL_TLS,
};

/// "postgresql", "mysql", "redis", "memcached" (`db.system` of OpenTelemetry), "http", "tls";
/// "unknown" for anything else.
std::string_view protocol_name(Protocol protocol);

/// True for what has calls: databases and caches.
bool is_database(Protocol protocol);

}  // namespace culprit
