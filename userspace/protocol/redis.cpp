// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis.h"

#include "protocol/cache_decoder.h"
#include "protocol/redis_reply.h"
#include "protocol/redis_request.h"
#include "protocol/redis_session.h"
#include "protocol/redis_text.h"

namespace culprit {
namespace {

class RedisDecoder final : public CacheDecoder {
 public:
  RedisDecoder(const DecoderScope& scope, DecoderBooks& books)
      : CacheDecoder(scope, requests_, replies_), text_(scope.application, books) {}

  std::string_view database() const override { return session_.database(); }

 protected:
  bool begin_call(CacheRequest& request) override;
  void end_element(std::vector<Call>& done) override;
  void end_value(const ReplySpan& span, std::vector<Call>& done) override;
  Call end_partly_seen(const ReplySpan& span) override;
  void forget() override;
  bool unasked(char first) const override { return first == '>' || session_.subscribed(); }
  // A refusal is followed by more requests.
  bool feeds(char first) const override { return asked() == RedisEffect::kFeed && first != '-'; }

 private:
  RedisEffect asked() const {
    return calls_.empty() ? RedisEffect::kNone : static_cast<RedisEffect>(calls_.head().kind);
  }
  Call end_call();

  RedisRequestReader requests_;
  RespReader replies_;
  RedisSession session_;
  RedisText text_;
  ReplySpan answers_;  ///< of the head's answers so far, when it gets several
};

bool RedisDecoder::begin_call(CacheRequest& request) {
  request.query = text_.name(requests_);
  return session_.begin(requests_, request);
}

void RedisDecoder::end_element(std::vector<Call>&) {
  if (asked() == RedisEffect::kExec) session_.add_element(replies_.element());
}

void RedisDecoder::end_value(const ReplySpan& span, std::vector<Call>& done) {
  const RedisEffect effect = asked();
  const bool subscribing = effect == RedisEffect::kSubscribe || effect == RedisEffect::kUnsubscribe;
  const RedisSession::Message message = session_.message(replies_.value(), subscribing);
  if (message == RedisSession::Message::kMessage) return;
  if (!owned_ || calls_.empty()) return note_unasked_reply();
  if (answers_.first_read_ns == 0) {
    answers_ = span;
  } else {
    answers_.bytes += span.bytes;
    answers_.end_ns = span.end_ns;
    answers_.tid = span.tid;
  }
  if (message == RedisSession::Message::kAnswer && calls_.head().answers > 1) {
    calls_.head().answers--;
  } else {
    done.push_back(end_call());
  }
}

Call RedisDecoder::end_call() {
  const CacheRequest request = calls_.head();
  Call call = calls_.take(answers_);
  session_.end(request, replies_.value(), call);
  answers_ = ReplySpan();
  return call;
}

Call RedisDecoder::end_partly_seen(const ReplySpan& span) {
  answers_ = span;
  if (!replies_.begun()) {
    answers_ = ReplySpan();
    return calls_.take(span);
  }
  const auto rule = static_cast<RedisRule>(calls_.head().rule);
  Call call = end_call();
  // Of an aggregate it is not known what its other elements would have been.
  const bool told =
      replies_.value().type == '$' || rule == RedisRule::kContent || rule == RedisRule::kPairs;
  if (!told) {
    call.cache_hits = call.cache_misses = 0;
    if (rule != RedisRule::kNone) lost_calls_++;
  }
  return call;
}

void RedisDecoder::forget() {
  session_.forget_queue();
  answers_ = ReplySpan();
}

}  // namespace

std::unique_ptr<Decoder> make_redis_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<RedisDecoder>(scope, books);
}

}  // namespace culprit
