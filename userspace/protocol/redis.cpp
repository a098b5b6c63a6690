// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis.h"

#include "protocol/cache_calls.h"
#include "protocol/redis_reply.h"
#include "protocol/redis_request.h"
#include "protocol/redis_session.h"
#include "protocol/redis_text.h"

namespace culprit {
namespace {

bool begins_reply(std::string_view bytes) {
  return !bytes.empty() &&
         std::string_view("+-:$*_#,(!=%~>|").find(bytes.front()) != std::string_view::npos;
}

class RedisDecoder final : public Decoder {
 public:
  RedisDecoder(const DecoderScope& scope, DecoderBooks& books)
      : text_(scope.application, books),
        requests_lost_(!scope.from_start),
        replies_lost_(!scope.from_start),
        unsure_(!scope.from_start) {}

  void request(const Piece& piece, std::vector<Call>& done) override;
  void reply(const Piece& piece, std::vector<Call>& done) override;
  void close(std::uint64_t time_ns, std::vector<Call>& done) override;
  std::optional<std::uint64_t> busy_since() const override;
  std::size_t pending() const override { return calls_.size(); }
  std::string_view database() const override { return session_.database(); }

 private:
  void take_turn(std::vector<Call>& done);
  void end_request(std::vector<Call>& done);
  void lose_request(std::vector<Call>& done);
  bool request_seems_sent() const;
  void end_unseen_request(std::vector<Call>& done);

  void parse_replies(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  void end_value(std::vector<Call>& done);
  void end_call(std::vector<Call>& done);
  void end_partly_seen(std::vector<Call>& done);
  void end_before_feed(const Piece& piece, std::vector<Call>& done);
  void lose_replies(const Piece& piece, std::vector<Call>& done);
  void pass_lost(const Piece& piece);
  RedisEffect asked() const {
    return calls_.empty() ? RedisEffect::kNone : static_cast<RedisEffect>(calls_.head().kind);
  }

  RedisRequestReader requests_;
  RespReader replies_;
  CacheCalls calls_;
  RedisSession session_;
  RedisText text_;

  CacheRequest next_;  ///< the request that is being read
  std::uint64_t last_request_ns_ = 0;
  bool requests_lost_;          ///< until a piece begins as a request does
  bool request_ended_ = false;  ///< `next_` was answered before its end was seen

  ReplySpan span_;     ///< of the value that is being read, or of what was lost
  ReplySpan answers_;  ///< of the head's values before it
  std::uint64_t last_reply_ns_ = 0;
  std::uint32_t last_reply_tid_ = 0;
  bool replies_lost_;         ///< until the peers have taken turns
  bool lost_amid_ = false;    ///< the head's reply had begun
  bool lost_at_end_ = false;  ///< what was lost may have ended with a reply
  bool value_ended_ = false;  ///< the value that is being read has no call any more
  bool heard_ = false;        ///< replies came since the last request

  bool unsure_;           ///< there may be replies to requests that were not seen
  bool stopped_ = false;  ///< what follows is no requests and replies
};

void RedisDecoder::request(const Piece& piece, std::vector<Call>& done) {
  if (stopped_) return;
  if (requests_.fresh() || requests_lost_ || request_ended_) take_turn(done);
  if (piece.missing_before > 0 && !requests_lost_) {
    next_.bytes += piece.missing_before;
    if (!requests_.skip(piece.missing_before)) lose_request(done);
  }
  std::string_view bytes = piece.bytes;
  if (requests_lost_) {
    if (!begins_redis_request(bytes)) return;
    requests_.reset();
    requests_lost_ = false;
  }
  for (auto event = RedisRequestReader::Event::kNothing;
       event != RedisRequestReader::Event::kMore;) {
    if (requests_.fresh()) {
      if (bytes.empty()) break;
      next_ = CacheRequest();
      next_.start_ns = piece.time_ns;
      next_.tid = piece.tid;
      request_ended_ = false;
    }
    const std::size_t before = bytes.size();
    event = requests_.next(bytes);
    next_.bytes += before - bytes.size();
    // A hole between two pieces with bytes belongs to the system call of the former.
    const bool in_hole = before == bytes.size() && before > 0;
    next_.end_ns = in_hole ? last_request_ns_ : piece.time_ns;
    if (event == RedisRequestReader::Event::kRequest && !request_ended_) end_request(done);
    if (event == RedisRequestReader::Event::kBroken) {
      contradictions_++;
      requests_lost_ = unsure_ = true;
      break;
    }
  }
  last_request_ns_ = piece.time_ns;
}

// What of the replies was left open is over when the client goes on after having read.
void RedisDecoder::take_turn(std::vector<Call>& done) {
  if (!replies_lost_) {
    if (heard_ && calls_.size() == 1 && !replies_.fresh() && !value_ended_ &&
        replies_.value().type != '>') {
      end_partly_seen(done);
      value_ended_ = true;
    }
    return;
  }
  if (!calls_.empty() && (!heard_ || (calls_.size() > 1 && !lost_at_end_))) return;
  if (calls_.size() == 1 && lost_amid_) {
    end_partly_seen(done);
  } else {
    lost_calls_ += calls_.resync(span_, done);
  }
  session_.forget_queue();
  replies_.reset();
  answers_ = ReplySpan();
  replies_lost_ = value_ended_ = lost_amid_ = false;
}

void RedisDecoder::end_request(std::vector<Call>& done) {
  next_.query = text_.name(requests_);
  heard_ = false;
  if (!session_.begin(requests_, next_)) {
    ReplySpan none;
    none.first_read_ns = none.end_ns = next_.end_ns;
    none.tid = next_.tid;
    done.push_back(call_of(next_, none));
  } else if (!calls_.add(next_)) {
    lost_calls_++;
  }
}

void RedisDecoder::lose_request(std::vector<Call>& done) {
  if (request_seems_sent()) {
    next_.flags |= kCallResynced;
    end_unseen_request(done);
  }
  requests_lost_ = unsure_ = true;
}

bool RedisDecoder::request_seems_sent() const {
  return !requests_lost_ && !requests_.fresh() && requests_.named() && !request_ended_;
}

void RedisDecoder::end_unseen_request(std::vector<Call>& done) {
  next_.end_ns = last_request_ns_;
  next_.bytes += requests_.known_left();
  end_request(done);
  request_ended_ = true;
}

void RedisDecoder::reply(const Piece& piece, std::vector<Call>& done) {
  if (stopped_) return;
  if (piece.missing_before > 0 && !replies_lost_) {
    if (replies_.skip(piece.missing_before)) {
      span_.bytes += piece.missing_before;
      if (piece.bytes.empty()) last_reply_ns_ = piece.time_ns;
      Piece earlier;
      earlier.time_ns = last_reply_ns_;
      earlier.tid = last_reply_tid_;
      parse_replies({}, earlier, done);
    } else if ((value_ended_ || calls_.empty()) && begins_reply(piece.bytes)) {
      replies_.reset();
      value_ended_ = false;
    } else {
      lose_replies(piece, done);
    }
  }
  heard_ = true;
  if (replies_lost_) {
    pass_lost(piece);
  } else {
    parse_replies(piece.bytes, piece, done);
  }
  last_reply_ns_ = piece.time_ns;
  last_reply_tid_ = piece.tid;
}

void RedisDecoder::parse_replies(std::string_view bytes, const Piece& piece,
                                 std::vector<Call>& done) {
  for (auto event = RespReader::Event::kValue; event != RespReader::Event::kMore && !stopped_;) {
    if (replies_.fresh()) {
      if (bytes.empty()) return;
      // Only the whole of a request is answered.
      if (calls_.empty() && request_seems_sent() && bytes.front() != '>' &&
          !session_.subscribed()) {
        end_unseen_request(done);
        heard_ = true;
      }
      if (asked() == RedisEffect::kFeed && bytes.front() != '-') {
        return end_before_feed(piece, done);
      }
      span_ = {piece.arrived_ns, piece.time_ns, 0, 0, 0};
    }
    const std::size_t before = bytes.size();
    event = replies_.next(bytes);
    span_.bytes += before - bytes.size();
    span_.end_ns = piece.time_ns;
    span_.tid = piece.tid;
    switch (event) {
      case RespReader::Event::kMore:
        break;
      case RespReader::Event::kElement:
        if (asked() == RedisEffect::kExec && !value_ended_) {
          session_.add_element(replies_.element());
        }
        break;
      case RespReader::Event::kValue:
      case RespReader::Event::kPush:
        end_value(done);
        break;
      case RespReader::Event::kBroken:
        contradictions_++;
        lose_replies(piece, done);
        return;
    }
  }
}

void RedisDecoder::end_value(std::vector<Call>& done) {
  const RedisEffect effect = asked();
  const bool subscribing = effect == RedisEffect::kSubscribe || effect == RedisEffect::kUnsubscribe;
  const RedisSession::Message message = session_.message(replies_.value(), subscribing);
  if (value_ended_) {
    value_ended_ = false;
    return;
  }
  if (message == RedisSession::Message::kMessage) return;
  if (calls_.empty()) {
    if (calls_.pass_unlisted()) return;
    (unsure_ ? lost_calls_ : contradictions_)++;
    return;
  }
  if (answers_.first_read_ns == 0) {
    answers_ = span_;
  } else {
    answers_.bytes += span_.bytes;
    answers_.end_ns = span_.end_ns;
    answers_.tid = span_.tid;
  }
  const bool more = message == RedisSession::Message::kAnswer && calls_.head().answers > 1;
  if (more) {
    calls_.head().answers--;
  } else {
    end_call(done);
  }
}

void RedisDecoder::end_call(std::vector<Call>& done) {
  const CacheRequest request = calls_.head();
  Call call = calls_.take(answers_);
  session_.end(request, replies_.value(), call);
  done.push_back(call);
  answers_ = ReplySpan();
}

// The head's reply has begun. Its end was not captured, or it comes yet.
void RedisDecoder::end_partly_seen(std::vector<Call>& done) {
  const auto rule = static_cast<RedisRule>(calls_.head().rule);
  if (replies_.begun()) {
    answers_ = span_;
    end_call(done);
    // Of an aggregate it is not known what its elements would have been.
    const bool told =
        replies_.value().type == '$' || rule == RedisRule::kContent || rule == RedisRule::kPairs;
    if (!told) done.back().cache_hits = done.back().cache_misses = 0;
  } else {
    done.push_back(calls_.take(span_));
    answers_ = ReplySpan();
  }
  done.back().flags |= kCallResynced;
}

// Replication and MONITOR: no request is told from what follows, nor anything kept of it.
void RedisDecoder::end_before_feed(const Piece& piece, std::vector<Call>& done) {
  ReplySpan span{piece.arrived_ns, piece.time_ns, piece.time_ns, piece.bytes.size(), piece.tid};
  done.push_back(calls_.take(span));
  calls_.abort(piece.time_ns, done);
  stopped_ = true;
}

void RedisDecoder::lose_replies(const Piece& piece, std::vector<Call>& done) {
  lost_amid_ = !replies_.fresh() && !value_ended_ && !calls_.empty();
  replies_lost_ = true;
  value_ended_ = false;
  lost_at_end_ = piece.bytes.ends_with("\r\n");
  span_.end_ns = piece.time_ns;
  span_.tid = piece.tid;
  if (lost_amid_ && calls_.size() > 1) {
    end_partly_seen(done);
    lost_amid_ = false;
  }
  if (!lost_amid_) span_ = ReplySpan();
  answers_ = ReplySpan();
}

void RedisDecoder::pass_lost(const Piece& piece) {
  if (calls_.empty()) return;
  if (span_.first_read_ns == 0) {
    span_.first_read_ns = piece.time_ns;
    span_.arrived_ns = piece.arrived_ns;
  }
  span_.bytes += piece.missing_before + piece.bytes.size();
  span_.end_ns = piece.time_ns;
  span_.tid = piece.tid;
  lost_at_end_ = piece.bytes.ends_with("\r\n");
}

void RedisDecoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  take_turn(done);
  if (request_seems_sent()) end_unseen_request(done);
  calls_.abort(time_ns, done);
  stopped_ = true;
}

std::optional<std::uint64_t> RedisDecoder::busy_since() const {
  const bool seems_answered = replies_lost_ && lost_at_end_ && heard_ && calls_.size() == 1;
  if (calls_.empty() || seems_answered) return std::nullopt;
  return calls_.head().start_ns;
}

}  // namespace

std::unique_ptr<Decoder> make_redis_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<RedisDecoder>(scope, books);
}

}  // namespace culprit
