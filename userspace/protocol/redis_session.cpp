// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis_session.h"

#include <algorithm>

#include "protocol/redis_text.h"

namespace culprit {
namespace {

constexpr std::size_t kMostQueued = 4096;
constexpr std::size_t kLongestDatabase = 5;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool waits(const RedisCommand& command, const RedisRequestReader& reader) {
  switch (command.effect) {
    case RedisEffect::kWaits:
    case RedisEffect::kSubscribe:
    case RedisEffect::kFeed:
      return true;
    case RedisEffect::kNone:
    case RedisEffect::kUnsubscribe:
    case RedisEffect::kSelect:
    case RedisEffect::kMulti:
    case RedisEffect::kExec:
    case RedisEffect::kDiscard:
    case RedisEffect::kReset:
      break;
  }
  return command.key == RedisKey::kStreams && find_redis_word(reader, "BLOCK") > 0;
}

// The first word of an error is a code in capitals; older servers and modules may have none.
void set_error(const RespValue& value, Call& call) {
  call.outcome = Outcome::kError;
  std::string_view word = value.head().substr(0, value.head().find(' '));
  const bool code = !word.empty() && word.size() < call.error.size() &&
                    std::all_of(word.begin(), word.end(), [](char c) {
                      return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
                    });
  if (!code) word = "ERR";
  std::copy(word.begin(), word.end(), call.error.begin());
}

}  // namespace

bool RedisSession::begin(const RedisRequestReader& reader, CacheRequest& request) {
  request.keys = static_cast<std::uint32_t>(std::min<std::uint64_t>(reader.count() - 1, ~0u));
  const RedisCommand* const command = reader.command();
  if (command) {
    // `OBJECT HELP` asks for no key.
    const bool keyless = command->key == RedisKey::kWordAndKey && request.keys < 2;
    request.rule = static_cast<std::uint8_t>(keyless ? RedisRule::kNone : command->rule);
    request.kind = static_cast<std::uint8_t>(command->effect);
    if (waits(*command, reader)) request.flags |= kCallWaits;
    if (command->effect == RedisEffect::kSubscribe ||
        command->effect == RedisEffect::kUnsubscribe) {
      request.answers = std::max<std::uint32_t>(1, request.keys);
    } else if (command->effect == RedisEffect::kSelect && reader.kept() > 1) {
      selecting_ = reader.argument(1).substr(0, kLongestDatabase);
    } else if (command->effect == RedisEffect::kReset) {
      replies_off_ = skip_next_ = false;
    }
    if (command->key == RedisKey::kClient && reader.kept() > 2 &&
        find_redis_word(reader, "REPLY") == 1) {
      return switch_replies(reader);
    }
  }
  const bool skipped = skip_next_;
  skip_next_ = false;
  return !replies_off_ && !skipped;
}

// The answer to `CLIENT REPLY ON` is the first reply again; OFF and SKIP have none.
bool RedisSession::switch_replies(const RedisRequestReader& reader) {
  if (find_redis_word(reader, "OFF") == 2) {
    replies_off_ = true;
    return false;
  }
  if (find_redis_word(reader, "SKIP") == 2) {
    skip_next_ = !replies_off_;
    return false;
  }
  replies_off_ = skip_next_ = false;
  return true;
}

RedisSession::Message RedisSession::message(const RespValue& value, bool subscribing) {
  const bool push = value.type == '>';
  const bool possible = push || (value.type == '*' && (subscribing || subscriptions_ > 0));
  if (!possible) return Message::kNone;
  const std::string_view word = value.head();
  const bool more = word == "subscribe" || word == "psubscribe" || word == "ssubscribe";
  const bool fewer = word == "unsubscribe" || word == "punsubscribe" || word == "sunsubscribe";
  if (more) subscriptions_++;
  if (fewer && subscriptions_ > 0) subscriptions_--;
  if (more || fewer) return subscribing ? Message::kAnswer : Message::kMessage;
  const bool message = word == "message" || word == "pmessage" || word == "smessage";
  return push || message ? Message::kMessage : Message::kNone;
}

void RedisSession::forget_queue() {
  transaction_ = Transaction::kNone;
  queued_.clear();
  executed_ = 0;
  executed_hits_ = {};
}

void RedisSession::add_element(const RespValue& element) {
  if (executed_ >= queued_.size()) return;
  const Queued& queued = queued_[executed_++];
  const RedisHits hits = redis_hits(queued.rule, queued.keys, element);
  executed_hits_.hits += hits.hits;
  executed_hits_.misses += hits.misses;
}

void RedisSession::end(const CacheRequest& request, const RespValue& value, Call& call) {
  const auto rule = static_cast<RedisRule>(request.rule);
  const auto effect = static_cast<RedisEffect>(request.kind);
  const bool queued = value.type == '+' && value.head() == "QUEUED";
  RedisHits hits;
  if (effect == RedisEffect::kExec) {
    hits = executed_hits_;
  } else if (!queued) {
    hits = redis_hits(rule, request.keys, value);
  }
  call.cache_hits = hits.hits;
  call.cache_misses = hits.misses;
  call.rows = redis_rows(rule, value);
  if (value.error()) set_error(value, call);
  call.transaction = follow(effect, request, value);
}

Transaction RedisSession::follow(RedisEffect effect, const CacheRequest& request,
                                 const RespValue& value) {
  const bool ok = !value.error();
  if (effect == RedisEffect::kMulti && ok) {
    forget_queue();
    transaction_ = Transaction::kOpen;
  } else if (effect == RedisEffect::kExec || effect == RedisEffect::kDiscard ||
             (effect == RedisEffect::kReset && ok)) {
    if (effect == RedisEffect::kReset) subscriptions_ = 0;
    forget_queue();
  } else if (value.type == '+' && value.head() == "QUEUED") {
    if (transaction_ == Transaction::kNone) transaction_ = Transaction::kOpen;
    if (queued_.size() < kMostQueued) {
      queued_.push_back({static_cast<RedisRule>(request.rule), request.keys});
    }
  } else if (transaction_ == Transaction::kOpen && !ok) {
    transaction_ = Transaction::kFailed;
  } else if (effect == RedisEffect::kSelect && ok) {
    if (std::all_of(selecting_.begin(), selecting_.end(), is_digit)) database_ = selecting_;
  }
  return transaction_;
}

}  // namespace culprit
