// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/redis_hits.h"

namespace culprit {

/// What of a command's arguments goes into its text. All others are passed over unread.
enum class RedisKey : std::uint8_t {
  kNone,
  kFirst,       ///< the first argument is a key (or a channel)
  kSecond,      ///< the second: `ZUNION 2 KEY`
  kThird,       ///< the third: `BLMPOP 0 2 KEY`
  kWord,        ///< the name has two words: `CONFIG GET`
  kWordAndKey,  ///< two words, then a key: `OBJECT ENCODING KEY`
  kClient,      ///< two words, and `CLIENT REPLY` says whether replies come at all
  kStreams,     ///< a key follows the word STREAMS; BLOCK makes it wait
  kScript,      ///< first digits of a script's SHA-1
  kFunction,    ///< name of a function
  kDatabase,    ///< number of a database, which does not go into the text
};

/// What a command does to its connection.
enum class RedisEffect : std::uint8_t {
  kNone,
  kWaits,        ///< waiting is its purpose
  kSubscribe,    ///< one answer a channel, then messages
  kUnsubscribe,  ///< one answer a channel
  kFeed,         ///< what follows its answer is no reply any more (MONITOR, replication)
  kSelect,
  kMulti,
  kExec,
  kDiscard,
  kReset,
};

struct RedisCommand {
  std::string_view name;  ///< upper case
  RedisKey key = RedisKey::kNone;
  RedisRule rule = RedisRule::kNone;
  RedisEffect effect = RedisEffect::kNone;
};

/// nullptr: not known. `name` is upper case.
const RedisCommand* find_redis_command(std::string_view name);

/// Enough for the key of `XREADGROUP GROUP g c COUNT n BLOCK t NOACK STREAMS KEY`.
constexpr std::size_t kMostRedisArguments = 12;

/// How many of the first arguments are needed, the name counted.
std::size_t redis_arguments_kept(RedisKey key);

}  // namespace culprit
