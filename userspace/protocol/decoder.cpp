// SPDX-License-Identifier: Apache-2.0
#include "protocol/decoder.h"

#include "protocol/http1.h"
#include "protocol/memcached.h"
#include "protocol/mysql.h"
#include "protocol/postgresql.h"
#include "protocol/redis.h"
#include "protocol/turn_taking.h"

namespace culprit {

std::unique_ptr<Decoder> make_decoder(Protocol protocol, const DecoderScope& scope,
                                      DecoderBooks& books) {
  switch (protocol) {
    case Protocol::kPostgresql:
      return make_postgresql_decoder(scope, books);
    case Protocol::kMysql:
      return make_mysql_decoder(scope, books);
    case Protocol::kRedis:
      return make_redis_decoder(scope, books);
    case Protocol::kMemcached:
      return make_memcached_decoder(scope, books);
    case Protocol::kHttp1:
      return make_http1_decoder(scope, books);
    case Protocol::kTls:
      if (scope.from_start) return make_tls_decoder();
      break;
    case Protocol::kUnknown:
      break;
  }
  return make_turn_taking_decoder(scope, books);
}

}  // namespace culprit
