// SPDX-License-Identifier: Apache-2.0
// The client's direction.
#include "protocol/http1_decoder.h"
#include "protocol/http1_lines.h"

namespace culprit {

void Http1Decoder::request(const Piece& piece, std::vector<Call>& done) {
  if (over_) return;
  if (piece.missing_before > 0) {
    const std::uint64_t beyond = request_.skip(piece.missing_before);
    count_request(piece.missing_before - beyond, piece);
    follow_request({}, piece, done);
    if (beyond > 0) {
      if (request_.in_start_line() && !request_.between()) begin_request(piece, done);
      count_request(beyond, piece);
      request_.lose();
    }
  }
  // After missing bytes a piece that looks like a request is one; so it is instead of a body
  // that the server's early answer has made needless.
  if ((request_.lost() || (request_.in_body() && !awaits_reply())) &&
      begins_http1_request(piece.bytes))
    request_.restart();
  if (request_.lost()) count_request(piece.bytes.size(), piece);
  follow_request(piece.bytes, piece, done);
}

/// Bytes of the request that was begun last, unless it was answered before its end.
void Http1Decoder::count_request(std::uint64_t bytes, const Piece& piece) {
  if (bytes == 0 || queue_.empty() || unqueued_ > 0) return;
  Call& call = queue_.back().call;
  call.request_bytes += bytes;
  call.request_end_ns = piece.time_ns;
}

void Http1Decoder::follow_request(std::string_view bytes, const Piece& piece,
                                  std::vector<Call>& done) {
  while (true) {
    if (request_.between()) {
      while (bytes.starts_with('\r') || bytes.starts_with('\n')) bytes.remove_prefix(1);
      if (bytes.empty()) return;
      request_start_ = seen(piece);
      start_line_bytes_ = 0;
    }
    const std::size_t before = bytes.size();
    const bool lost = request_.lost();
    const Http1Step step = request_.next(bytes);
    const std::size_t taken = before - bytes.size();
    if (request_.in_start_line() && step == Http1Step::kMore) start_line_bytes_ += taken;
    switch (step) {
      case Http1Step::kMore:
        if (!request_.in_start_line() && !lost) count_request(taken, piece);
        return;
      case Http1Step::kStartLine:
        start_line_bytes_ += taken;
        begin_request(piece, done);
        break;
      case Http1Step::kHeadEnd:
        count_request(taken, piece);
        choose_request_body();
        break;
      case Http1Step::kMessageEnd:
        count_request(taken, piece);
        break;
      case Http1Step::kBroken:
        count_request(taken + bytes.size(), piece);
        contradictions_++;
        return;
    }
    if (request_.lost()) return;
  }
}

void Http1Decoder::begin_request(const Piece& piece, std::vector<Call>& done) {
  // When it is not complete, bytes are missing behind it.
  const bool cut = request_.line_cut() || request_.in_start_line();
  const auto line = parse_http1_request_line(request_.line(), cut);
  if (!line) {
    contradictions_++;
    request_.lose();
    return;
  }
  take_turn(done);
  if (queue_.full() || unqueued_ > 0) {
    unqueued_++;
    lost_calls_++;
    return;
  }
  const bool pipelined = !queue_.empty();
  Http1Pending& pending = queue_.push();
  pending.head = line->method == "HEAD";
  pending.connect = line->method == "CONNECT";
  pending.polls = polls_http1(line->target);
  Call& call = pending.call;
  call.query = route_of(line->method, line->target, cut);
  call.start_ns = request_start_.time_ns;
  call.tid = request_start_.tid;
  call.task = request_start_.task;
  call.work = request_start_.work;
  call.request_end_ns = piece.time_ns;
  call.request_bytes = start_line_bytes_;
  if (pipelined) call.flags |= kCallPipelined;
  if (cut && line->target.find('?') == std::string_view::npos) call.flags |= kCallTruncated;
}

QueryId Http1Decoder::route_of(std::string_view method, std::string_view target, bool cut) {
  text_ = method;
  text_ += ' ';
  text_ += books_.routes.route(application_, target);
  return books_.queries.intern(Protocol::kHttp1, method, text_,
                               cut && target.find('?') == std::string_view::npos);
}

/// A request begins. When the end of the reply before could not be seen, this tells it.
void Http1Decoder::take_turn(std::vector<Call>& done) {
  if (awaits_reply() && queue_.size() + unqueued_ == 1 && (reply_.lost() || reply_.until_close()) &&
      answered().call.first_read_ns) {
    answered().call.flags |= kCallResynced;
    finish(done);
  }
  if (!awaits_reply()) reply_.restart();
}

void Http1Decoder::choose_request_body() {
  const Http1Head& head = request_.head();
  if (head.malformed || head.coded) {
    contradictions_++;
    request_.lose();
  } else if (head.chunked) {
    request_.body_in_chunks();
  } else {
    request_.body_of(head.length.value_or(0));
  }
}

}  // namespace culprit
