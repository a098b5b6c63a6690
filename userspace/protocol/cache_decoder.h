// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/cache_calls.h"
#include "protocol/cache_readers.h"
#include "protocol/decoder.h"

namespace culprit {

/// What the decoders of caches have in common: requests and replies in order, many in flight,
/// holes in either direction.
class CacheDecoder : public Decoder {
 public:
  void request(const Piece& piece, std::vector<Call>& done) final;
  void reply(const Piece& piece, std::vector<Call>& done) final;
  void close(std::uint64_t time_ns, std::vector<Call>& done) final;
  std::optional<std::uint64_t> busy_since() const final;
  std::size_t pending() const final { return calls_.size(); }

 protected:
  CacheDecoder(const DecoderScope& scope, CacheRequestReader& requests, CacheReplyReader& replies);

  /// Names the request that was read. False: it gets no reply.
  virtual bool begin_call(CacheRequest& request) = 0;
  virtual void end_element(std::vector<Call>& done) = 0;
  /// Of a reply or a push. `span` is that of its bytes.
  virtual void end_value(const ReplySpan& span, std::vector<Call>& done) = 0;
  /// The head's reply has begun, and its end was not captured or comes yet.
  virtual Call end_partly_seen(const ReplySpan& span) = 0;
  /// Replies were missed.
  virtual void forget() = 0;
  /// What begins so comes without having been asked for.
  virtual bool unasked(char first) const = 0;
  /// From this reply on, what follows is no requests and replies any more.
  virtual bool feeds(char first) const = 0;

  /// A reply came while nothing is unanswered.
  void note_unasked_reply();

  CacheCalls calls_;
  bool owned_ = false;  ///< the value that is being read began while a request was unanswered

 private:
  void take_turn(std::vector<Call>& done);
  void end_request(std::vector<Call>& done);
  void lose_request(std::vector<Call>& done);
  bool request_seems_sent() const;
  void end_unseen_request(std::vector<Call>& done);
  void skip_replies(const Piece& piece, std::vector<Call>& done);
  void parse_replies(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  bool begin_reply(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  void take_partly_seen(std::vector<Call>& done);
  void lose_replies(const Piece& piece, std::vector<Call>& done);
  void pass_lost(const Piece& piece);

  CacheRequestReader& requests_;
  CacheReplyReader& replies_;

  CacheRequest next_;  ///< the request that is being read
  std::uint64_t last_request_ns_ = 0;
  bool requests_lost_;          ///< until a piece begins as a request does
  bool request_ended_ = false;  ///< `next_` was answered before its end was seen

  ReplySpan span_;  ///< of the value that is being read, or of what was lost
  std::uint64_t last_reply_ns_ = 0;
  std::uint32_t last_reply_tid_ = 0;
  bool replies_lost_;         ///< until the peers have taken turns
  bool lost_amid_ = false;    ///< the head's reply had begun
  bool lost_at_end_ = false;  ///< what was lost may have ended with a reply
  bool unasked_ = false;      ///< the value that is being read may be nobody's
  bool value_ended_ = false;  ///< the value that is being read has no call any more
  bool heard_ = false;        ///< replies came since the last request

  bool unsure_;           ///< there may be replies to requests that were not seen
  bool stopped_ = false;  ///< what follows is no requests and replies
};

}  // namespace culprit
