// SPDX-License-Identifier: Apache-2.0
#include "protocol/protocol.h"

namespace culprit {

std::string_view protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPostgresql:
      return "postgresql";
    case Protocol::kMysql:
      return "mysql";
    case Protocol::kRedis:
      return "redis";
    case Protocol::kMemcached:
      return "memcached";
    case Protocol::kHttp1:
      return "http";
    case Protocol::kTls:
      return "tls";
    case Protocol::kUnknown:
      break;
  }
  return "unknown";
}

bool is_database(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPostgresql:
    case Protocol::kMysql:
    case Protocol::kRedis:
    case Protocol::kMemcached:
      return true;
    case Protocol::kHttp1:
    case Protocol::kTls:
    case Protocol::kUnknown:
      break;
  }
  return false;
}

}  // namespace culprit
