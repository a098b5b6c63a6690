// SPDX-License-Identifier: Apache-2.0
#include "protocol/memcached.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "protocol/cache_decoder.h"
#include "protocol/memcached_readers.h"

namespace culprit {
namespace {

using Kind = MemcachedKind;
using Word = MemcachedWord;

Kind kind_of(const CacheRequest& request) {
  return static_cast<Kind>(request.kind);
}

bool is_get(Kind kind) {
  return kind == Kind::kGet || kind == Kind::kMetaGet || kind == Kind::kBinaryGet;
}

// Can this be the reply to a request that is answered only when there is something to tell?
bool answers(const MemcachedReply& reply, const CacheRequest& request) {
  if (reply.binary) {
    return reply.opcode == request.rule && reply.opaque_token == request.token;
  }
  const bool tells = reply.opaque_token != 0 || reply.key_token != 0;
  if (reply.word != Word::kError && (tells || request.token != 0)) {
    return request.token != 0 &&
           (request.token == reply.opaque_token || request.token == reply.key_token);
  }
  switch (reply.word) {
    case Word::kMetaValue:
      return kind_of(request) == Kind::kMetaGet || kind_of(request) == Kind::kMetaArithmetic;
    case Word::kMetaHit:
      return kind_of(request) == Kind::kMetaGet;
    case Word::kMetaNotFound:
    case Word::kMetaNotStored:
    case Word::kMetaExists:
      return kind_of(request) != Kind::kMetaGet;
    case Word::kError:
      return true;
    case Word::kUnknown:
    case Word::kOther:
    case Word::kValue:
    case Word::kItem:
    case Word::kEnd:
    case Word::kMetaMiss:
    case Word::kMetaNoop:
      break;
  }
  return false;
}

class MemcachedDecoder final : public CacheDecoder {
 public:
  MemcachedDecoder(const DecoderScope& scope, DecoderBooks& books)
      : CacheDecoder(scope, requests_, replies_), application_(scope.application), books_(books) {}

 protected:
  bool begin_call(CacheRequest& request) override;
  void end_element(std::vector<Call>&) override { elements_++; }
  void end_value(const ReplySpan& span, std::vector<Call>& done) override;
  Call end_partly_seen(const ReplySpan& span) override;
  void forget() override { elements_ = 0; }
  bool unasked(char) const override { return false; }
  bool feeds(char first) const override {
    return !calls_.empty() && kind_of(calls_.head()) == Kind::kFeed && first == 'O';
  }

 private:
  void end_unanswered(const ReplySpan& span, std::vector<Call>& done);

  std::uint64_t application_;
  DecoderBooks& books_;
  MemcachedRequestReader requests_;
  MemcachedReplyReader replies_;
  std::string text_;
  std::uint64_t elements_ = 0;  ///< values or items of the reply that is being read
};

bool MemcachedDecoder::begin_call(CacheRequest& call) {
  const MemcachedRequest request = requests_.request();
  text_ = request.name;
  if (!request.key.empty()) {
    text_ += ' ';
    text_ += books_.keys.pattern(application_, request.key, request.key_cut);
  }
  call.query = books_.queries.intern(Protocol::kMemcached, request.name, text_);
  call.keys = request.keys;
  call.kind = static_cast<std::uint8_t>(request.kind);
  call.rule = request.opcode;
  call.token = request.token;
  call.quiet = request.quiet;
  if (request.kind == Kind::kFeed) call.flags |= kCallWaits;
  return request.kind != Kind::kSilent;
}

// Hits and misses are what Memcached calls get_hits and get_misses; values that are fetched
// and touched at once, which it counts as touch_hits and touch_misses, are counted with them.
void set_hits(Kind kind, const CacheRequest& request, const MemcachedReply& reply,
              std::uint64_t elements, Call& call) {
  if (reply.word == Word::kError) return;
  if (kind == Kind::kGet) {
    call.cache_hits = static_cast<std::uint32_t>(std::min<std::uint64_t>(elements, request.keys));
    call.cache_misses = request.keys - call.cache_hits;
  } else if (kind == Kind::kMetaGet || kind == Kind::kBinaryGet) {
    const bool miss = reply.binary ? reply.status != 0 : reply.word == Word::kMetaMiss;
    call.cache_hits = !miss;
    call.cache_misses = miss;
  }
  if (is_get(kind)) {
    call.rows = call.cache_hits;
  } else if (elements > 0 || reply.word == Word::kEnd) {
    call.rows = elements;
  }
}

void set_error(const MemcachedReply& reply, Call& call) {
  if (reply.word != Word::kError) return;
  call.outcome = Outcome::kError;
  if (reply.binary) {
    std::snprintf(call.error.data(), call.error.size(), "0x%04x", reply.status);
  } else {
    std::copy(reply.error.begin(), reply.error.end(), call.error.begin());
  }
}

void MemcachedDecoder::end_value(const ReplySpan& span, std::vector<Call>& done) {
  const MemcachedReply& reply = replies_.reply();
  // What was asked after the reply had begun is not what it answers.
  const auto may_answer = [&] {
    return owned_ && !calls_.empty() && calls_.head().start_ns <= span.first_read_ns;
  };
  while (may_answer() && calls_.head().quiet && !answers(reply, calls_.head())) {
    end_unanswered(span, done);
  }
  const std::uint64_t elements = elements_;
  elements_ = 0;
  if (!may_answer()) {
    // A request that wants no reply is told of its errors all the same.
    if (reply.word != Word::kError) note_unasked_reply();
    return;
  }
  const CacheRequest request = calls_.head();
  Call call = calls_.take(span);
  set_hits(kind_of(request), request, reply, elements, call);
  set_error(reply, call);
  done.push_back(call);
}

// A later request was answered: to this one there was nothing to tell.
void MemcachedDecoder::end_unanswered(const ReplySpan& span, std::vector<Call>& done) {
  ReplySpan none = span;
  none.end_ns = span.first_read_ns;
  none.bytes = 0;
  const bool get = is_get(kind_of(calls_.head()));
  Call call = calls_.take(none);
  if (get) {
    call.cache_misses = 1;
    call.rows = 0;
  }
  done.push_back(call);
}

Call MemcachedDecoder::end_partly_seen(const ReplySpan& span) {
  const CacheRequest request = calls_.head();
  Call call = calls_.take(span);
  const bool value = replies_.begun() && replies_.reply().word == Word::kValue;
  const std::uint64_t elements = elements_ + (value ? 1 : 0);
  // Of the keys without a value before the hole it is not known what is in it.
  const bool told =
      (replies_.begun() || elements > 0) && (request.keys <= 1 || elements >= request.keys);
  if (told) {
    set_hits(kind_of(request), request, replies_.reply(), elements, call);
  } else if (is_get(kind_of(request))) {
    lost_calls_++;
  }
  if (replies_.begun()) set_error(replies_.reply(), call);
  elements_ = 0;
  return call;
}

}  // namespace

std::unique_ptr<Decoder> make_memcached_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<MemcachedDecoder>(scope, books);
}

}  // namespace culprit
