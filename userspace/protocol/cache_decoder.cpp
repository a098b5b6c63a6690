// SPDX-License-Identifier: Apache-2.0
#include "protocol/cache_decoder.h"

namespace culprit {

CacheDecoder::CacheDecoder(const DecoderScope& scope, CacheRequestReader& requests,
                           CacheReplyReader& replies)
    : requests_(requests),
      replies_(replies),
      requests_lost_(!scope.from_start),
      replies_lost_(!scope.from_start),
      unsure_(!scope.from_start) {}

void CacheDecoder::request(const Piece& piece, std::vector<Call>& done) {
  if (stopped_) return;
  if (requests_.fresh() || requests_lost_ || request_ended_) take_turn(done);
  if (piece.missing_before > 0 && !requests_lost_) {
    next_.bytes += piece.missing_before;
    if (!requests_.skip(piece.missing_before)) lose_request(done);
  }
  std::string_view bytes = piece.bytes;
  if (requests_lost_) {
    if (!requests_.begins(bytes)) return;
    requests_.reset();
    requests_lost_ = false;
  }
  auto event = CacheRequestReader::Event::kNothing;
  while (event != CacheRequestReader::Event::kMore) {
    if (requests_.fresh()) {
      if (bytes.empty()) break;
      next_ = CacheRequest();
      next_.start_ns = piece.time_ns;
      next_.tid = piece.tid;
      next_.task = piece.task;
      next_.work = piece.work;
      request_ended_ = false;
    }
    const std::size_t before = bytes.size();
    event = requests_.next(bytes);
    next_.bytes += before - bytes.size();
    // A hole between two pieces with bytes belongs to the system call of the former.
    const bool in_hole = before == bytes.size() && before > 0;
    next_.end_ns = in_hole ? last_request_ns_ : piece.time_ns;
    if (event == CacheRequestReader::Event::kRequest && !request_ended_) end_request(done);
    if (event == CacheRequestReader::Event::kBroken) {
      contradictions_++;
      requests_lost_ = unsure_ = true;
      break;
    }
  }
  last_request_ns_ = piece.time_ns;
}

// What of the replies was left open is over when the client goes on after having read.
void CacheDecoder::take_turn(std::vector<Call>& done) {
  if (!replies_lost_) {
    if (heard_ && owned_ && calls_.size() == 1 && !replies_.fresh() && !value_ended_ && !unasked_) {
      take_partly_seen(done);
      value_ended_ = true;
    }
    return;
  }
  if (!calls_.empty() && (!heard_ || (calls_.size() > 1 && !lost_at_end_))) return;
  if (calls_.size() == 1 && lost_amid_) {
    take_partly_seen(done);
  } else {
    // Whose reply the lost ones were is not known of any of them.
    lost_calls_ += calls_.size();
    calls_.resync(span_, done);
  }
  forget();
  replies_.reset();
  replies_lost_ = value_ended_ = lost_amid_ = false;
}

void CacheDecoder::end_request(std::vector<Call>& done) {
  heard_ = false;
  if (replies_lost_ && calls_.empty()) span_ = ReplySpan();
  if (!begin_call(next_)) {
    ReplySpan none;
    none.first_read_ns = none.end_ns = next_.end_ns;
    none.tid = next_.tid;
    done.push_back(call_of(next_, none));
  } else if (!calls_.add(next_)) {
    lost_calls_++;
  }
}

void CacheDecoder::lose_request(std::vector<Call>& done) {
  if (request_seems_sent()) {
    next_.flags |= kCallResynced;
    end_unseen_request(done);
  }
  requests_lost_ = unsure_ = true;
}

bool CacheDecoder::request_seems_sent() const {
  return !requests_lost_ && !requests_.fresh() && requests_.named() && !request_ended_;
}

void CacheDecoder::end_unseen_request(std::vector<Call>& done) {
  next_.end_ns = last_request_ns_;
  next_.bytes += requests_.known_left();
  end_request(done);
  request_ended_ = true;
}

void CacheDecoder::reply(const Piece& piece, std::vector<Call>& done) {
  if (stopped_) return;
  if (piece.missing_before > 0 && !replies_lost_) skip_replies(piece, done);
  heard_ = true;
  if (replies_lost_) {
    pass_lost(piece);
  } else {
    parse_replies(piece.bytes, piece, done);
  }
  last_reply_ns_ = piece.time_ns;
  last_reply_tid_ = piece.tid;
}

void CacheDecoder::skip_replies(const Piece& piece, std::vector<Call>& done) {
  if (replies_.skip(piece.missing_before)) {
    span_.bytes += piece.missing_before;
    Piece hole;
    hole.time_ns = piece.bytes.empty() ? piece.time_ns : last_reply_ns_;
    hole.tid = piece.bytes.empty() ? piece.tid : last_reply_tid_;
    parse_replies({}, hole, done);
  } else if ((value_ended_ || calls_.empty()) && replies_.begins(piece.bytes)) {
    replies_.reset();
    value_ended_ = false;
  } else {
    lose_replies(piece, done);
  }
}

void CacheDecoder::parse_replies(std::string_view bytes, const Piece& piece,
                                 std::vector<Call>& done) {
  auto event = CacheReplyReader::Event::kValue;
  while (event != CacheReplyReader::Event::kMore) {
    if (replies_.fresh() && !begin_reply(bytes, piece, done)) return;
    const std::size_t before = bytes.size();
    event = replies_.next(bytes);
    span_.bytes += before - bytes.size();
    span_.end_ns = piece.time_ns;
    span_.tid = piece.tid;
    switch (event) {
      case CacheReplyReader::Event::kMore:
        break;
      case CacheReplyReader::Event::kElement:
        if (!value_ended_ && owned_) end_element(done);
        break;
      case CacheReplyReader::Event::kValue:
      case CacheReplyReader::Event::kPush:
        if (!value_ended_) end_value(span_, done);
        value_ended_ = false;
        break;
      case CacheReplyReader::Event::kBroken:
        contradictions_++;
        lose_replies(piece, done);
        return;
    }
  }
}

// False: nothing is left to read.
bool CacheDecoder::begin_reply(std::string_view bytes, const Piece& piece,
                               std::vector<Call>& done) {
  if (bytes.empty()) return false;
  unasked_ = unasked(bytes.front());
  // Only the whole of a request is answered.
  if (calls_.empty() && request_seems_sent() && !unasked_) {
    end_unseen_request(done);
    heard_ = true;
  }
  owned_ = !calls_.empty();
  span_ = {piece.arrived_ns, piece.time_ns, piece.time_ns, 0, piece.tid};
  if (!feeds(bytes.front())) return true;
  // No request can be told from what follows, and nothing of it is kept.
  span_.bytes = bytes.size();
  done.push_back(calls_.take(span_));
  calls_.abort(piece.time_ns, done);
  stopped_ = true;
  return false;
}

void CacheDecoder::note_unasked_reply() {
  if (calls_.pass_unlisted()) return;
  (unsure_ ? lost_calls_ : contradictions_)++;
}

void CacheDecoder::take_partly_seen(std::vector<Call>& done) {
  done.push_back(end_partly_seen(span_));
  done.back().flags |= kCallResynced;
}

void CacheDecoder::lose_replies(const Piece& piece, std::vector<Call>& done) {
  lost_amid_ = owned_ && !replies_.fresh() && !value_ended_ && !calls_.empty();
  replies_lost_ = true;
  value_ended_ = false;
  lost_at_end_ = replies_.ends(piece.bytes);
  span_.end_ns = piece.time_ns;
  span_.tid = piece.tid;
  if (lost_amid_ && calls_.size() > 1) {
    take_partly_seen(done);
    lost_amid_ = false;
  }
  if (!lost_amid_) span_ = {piece.arrived_ns, piece.time_ns, piece.time_ns, 0, piece.tid};
}

void CacheDecoder::pass_lost(const Piece& piece) {
  if (calls_.empty()) return;
  if (span_.first_read_ns == 0) {
    span_.first_read_ns = piece.time_ns;
    span_.arrived_ns = piece.arrived_ns;
  }
  span_.bytes += piece.missing_before + piece.bytes.size();
  span_.end_ns = piece.time_ns;
  span_.tid = piece.tid;
  lost_at_end_ = replies_.ends(piece.bytes);
}

void CacheDecoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  take_turn(done);
  if (request_seems_sent()) end_unseen_request(done);
  calls_.abort(time_ns, done);
  stopped_ = true;
}

std::optional<std::uint64_t> CacheDecoder::busy_since() const {
  const bool seems_answered = replies_lost_ && lost_at_end_ && heard_ && calls_.size() == 1;
  const CacheRequest* const awaited = calls_.oldest_awaited();
  if (awaited == nullptr || seems_answered) return std::nullopt;
  return awaited->start_ns;
}

}  // namespace culprit
