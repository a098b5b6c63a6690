// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "protocol/redis_reply.h"

namespace culprit {

/// What a reply tells of keyspace_hits and keyspace_misses, which Redis counts once for each
/// key that a command which reads looks up (measured with Redis 7.0, command by command; a
/// command that writes counts nothing, a script's own look-ups are not seen). Where a reply
/// leaves open whether the key or only the field is missing, null is a miss and a plain "no"
/// is neither.
enum class RedisRule : std::uint8_t {
  kNone,
  kValue,        ///< null: miss, else hit (GET, HGET, ZSCORE)
  kString,       ///< a string: hit, else nothing (SET … GET)
  kContent,      ///< null or empty: miss, else hit (LRANGE, SMEMBERS, GETRANGE)
  kPairs,        ///< as kContent; an array holds names and values in turn (HGETALL)
  kScan,         ///< nothing in the second element: miss, else hit (HSCAN)
  kLength,       ///< 0: miss, more: hit (STRLEN, LLEN)
  kLengthOfOne,  ///< as kLength when there is one key, else nothing (PFCOUNT)
  kTrue,         ///< a number above 0: hit, else nothing (SISMEMBER, GETBIT)
  kAnyElement,   ///< all null: miss, else hit (HMGET)
  kEachElement,  ///< each element for itself (MGET)
  kEachKey,      ///< the number is that of hits, the other keys are misses (EXISTS)
  kAllKeys,      ///< not empty: all keys are hits, else nothing (SINTER)
  kLifetime,     ///< -2: miss, else hit (TTL)
  kType,         ///< `none`: miss, else hit (TYPE)
};

struct RedisHits {
  std::uint32_t hits = 0, misses = 0;
};

/// `keys`: number of the command's arguments.
RedisHits redis_hits(RedisRule rule, std::uint32_t keys, const RespValue& value);

/// Elements of an aggregate, fields of a hash; kUnknownCount for anything else.
std::uint64_t redis_rows(RedisRule rule, const RespValue& value);

}  // namespace culprit
