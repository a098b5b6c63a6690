// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/cache_calls.h"
#include "protocol/redis_hits.h"
#include "protocol/redis_request.h"

namespace culprit {

/// What earlier requests and replies of a connection mean for the later ones: transactions,
/// subscriptions, replies switched off, the database in use.
class RedisSession {
 public:
  /// Completes a request by what its command says, and follows it. False: it gets no reply.
  bool begin(const RedisRequestReader& reader, CacheRequest& request);

  /// What a value is besides a reply: one of the answers to SUBSCRIBE and its kin, or nothing
  /// that was asked for.
  enum class Message : std::uint8_t { kNone, kAnswer, kMessage };
  Message message(const RespValue& value, bool subscribing);

  /// An element of the reply to EXEC: the reply to the next of what was queued.
  void add_element(const RespValue& element);

  /// Fills in what the whole reply says.
  void end(const CacheRequest& request, const RespValue& value, Call& call);

  /// Replies were missed, or a transaction is over. Should one be open, the next reply says.
  void forget_queue();

  bool subscribed() const { return subscriptions_ > 0; }
  const std::string& database() const { return database_; }

 private:
  struct Queued {
    RedisRule rule;
    std::uint32_t keys;
  };

  bool switch_replies(const RedisRequestReader& reader);
  Transaction follow(RedisEffect effect, const CacheRequest& request, const RespValue& value);

  bool replies_off_ = false, skip_next_ = false;
  Transaction transaction_ = Transaction::kNone;
  std::vector<Queued> queued_;
  std::size_t executed_ = 0;
  RedisHits executed_hits_;
  std::uint64_t subscriptions_ = 0;
  std::string selecting_, database_;
};

}  // namespace culprit
