// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis_hits.h"

#include <algorithm>

#include "protocol/call.h"

namespace culprit {
namespace {

constexpr RedisHits kHit{1, 0}, kMiss{0, 1};

std::uint32_t bounded(std::uint64_t count) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

// A key of another type was found, whatever the command thinks of it.
RedisHits hits_of_error(RedisRule rule, const RespValue& value) {
  switch (rule) {
    case RedisRule::kNone:
    case RedisRule::kEachElement:
    case RedisRule::kEachKey:
    case RedisRule::kAllKeys:
    case RedisRule::kLengthOfOne:
      return {};
    case RedisRule::kValue:
    case RedisRule::kString:
    case RedisRule::kContent:
    case RedisRule::kPairs:
    case RedisRule::kScan:
    case RedisRule::kLength:
    case RedisRule::kTrue:
    case RedisRule::kAnyElement:
    case RedisRule::kLifetime:
    case RedisRule::kType:
      break;
  }
  return value.head().starts_with("WRONGTYPE ") ? kHit : RedisHits{};
}

RedisHits each_key(std::uint32_t keys, const RespValue& value) {
  if (value.type != ':' || value.number < 0) return {};
  const std::uint32_t hits = std::min(bounded(value.number), keys);
  return {hits, keys - hits};
}

}  // namespace

RedisHits redis_hits(RedisRule rule, std::uint32_t keys, const RespValue& value) {
  if (value.error()) return hits_of_error(rule, value);
  const bool number = value.type == ':';
  switch (rule) {
    case RedisRule::kNone:
      return {};
    case RedisRule::kValue:
      return value.null ? kMiss : kHit;
    case RedisRule::kString:
      return value.type == '$' && !value.null ? kHit : RedisHits{};
    case RedisRule::kContent:
    case RedisRule::kPairs:
      if (number) return {};
      return value.null || value.size == 0 ? kMiss : kHit;
    case RedisRule::kScan:
      return value.inner == 0 ? kMiss : kHit;
    case RedisRule::kLengthOfOne:
      if (keys != 1) return {};
      [[fallthrough]];
    case RedisRule::kLength:
      if (!number) return {};
      return value.number == 0 ? kMiss : kHit;
    case RedisRule::kTrue:
      return value.number > 0 || value.positive > 0 ? kHit : RedisHits{};
    case RedisRule::kAnyElement:
      return value.size == value.nulls ? kMiss : kHit;
    case RedisRule::kEachElement:
      return {bounded(value.size - std::min(value.size, value.nulls)), bounded(value.nulls)};
    case RedisRule::kEachKey:
      return each_key(keys, value);
    case RedisRule::kAllKeys:
      return value.size > 0 ? RedisHits{keys, 0} : RedisHits{};
    case RedisRule::kLifetime:
      return value.number == -2 ? kMiss : kHit;
    case RedisRule::kType:
      return value.head() == "none" ? kMiss : kHit;
  }
  return {};
}

std::uint64_t redis_rows(RedisRule rule, const RespValue& value) {
  if (!value.aggregate() || value.null) return kUnknownCount;
  if (rule == RedisRule::kScan) return value.inner;
  return rule == RedisRule::kPairs && value.type == '*' ? value.size / 2 : value.size;
}

}  // namespace culprit
