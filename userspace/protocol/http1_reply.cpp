// SPDX-License-Identifier: Apache-2.0
// The server's direction.
#include "protocol/http1_decoder.h"
#include "protocol/http1_lines.h"

namespace culprit {

void Http1Decoder::reply(const Piece& piece, std::vector<Call>& done) {
  if (over_) return;
  if (!awaits_reply()) {
    // Its request was amid missing bytes.
    lost_calls_ += request_.lost() && begins_http1_response(piece.bytes);
    return;
  }
  if (piece.missing_before > 0) skip_reply(piece, done);
  if (reply_.lost())
    search_reply(piece.bytes, piece, done);
  else
    follow_reply(piece.bytes, piece, done);
}

void Http1Decoder::count_reply(std::uint64_t bytes, const Piece& piece) {
  if (bytes == 0) return;
  Call& call = answered().call;
  if (!call.first_read_ns) {
    call.first_read_ns = piece.time_ns;
    call.arrived_ns = piece.arrived_ns;
  }
  call.reply_bytes += bytes;
  latest_reply_ = seen(piece);
}

void Http1Decoder::lose_reply() {
  answered().call.flags |= kCallResynced;
  reply_.lose();
}

void Http1Decoder::skip_reply(const Piece& piece, std::vector<Call>& done) {
  const std::uint64_t beyond = reply_.skip(piece.missing_before);
  count_reply(piece.missing_before - beyond, piece);
  follow_reply({}, piece, done);
  if (beyond == 0 || !awaits_reply()) return;
  if (reply_.between()) {
    // Whole replies may be missing. Next to no client pipelines, so the last request is the
    // one that is being answered.
    for (; queue_.size() > 1; queue_.pop()) lost_calls_++;
  }
  count_reply(beyond, piece);
  lose_reply();
}

/// Where the reply ends is not known: its last chunk at the end of a piece tells, or the next
/// response, or the next request (take_turn), or the end of the connection.
void Http1Decoder::search_reply(std::string_view bytes, const Piece& piece,
                                std::vector<Call>& done) {
  if (begins_http1_response(bytes)) {
    if (answered().call.status) finish(done);
    reply_.restart();
    if (awaits_reply()) follow_reply(bytes, piece, done);
    return;
  }
  count_reply(bytes.size(), piece);
  if (!answered().call.first_read_ns || !ends_http1_chunks(bytes)) return;
  finish(done);
  reply_.restart();
}

void Http1Decoder::follow_reply(std::string_view bytes, const Piece& piece,
                                std::vector<Call>& done) {
  while (awaits_reply()) {
    if (reply_.between()) {
      while (bytes.starts_with('\r') || bytes.starts_with('\n')) bytes.remove_prefix(1);
      if (bytes.empty()) return;
    }
    const std::size_t before = bytes.size();
    const Http1Step step = reply_.next(bytes);
    count_reply(before - bytes.size(), piece);
    switch (step) {
      case Http1Step::kMore:
        return;
      case Http1Step::kStartLine:
        if (const auto status = parse_http1_status_line(reply_.line())) {
          answered().call.status = *status;
          break;
        }
        contradictions_++;
        count_reply(bytes.size(), piece);
        lose_reply();
        return;
      case Http1Step::kHeadEnd:
        end_of_reply_head(done);
        break;
      case Http1Step::kMessageEnd:
        finish(done);
        break;
      case Http1Step::kBroken:
        contradictions_++;
        count_reply(bytes.size(), piece);
        lose_reply();
        return;
    }
    if (over_) return;
  }
  contradictions_ += !bytes.empty();  // more was answered than asked
}

void Http1Decoder::end_of_reply_head(std::vector<Call>& done) {
  Http1Pending& pending = answered();
  Call& call = pending.call;
  const Http1Head& head = reply_.head();
  if (call.status == 101 || (pending.connect && call.status / 100 == 2)) {
    finish(done);
    end_http();
  } else if (call.status < 200) {  // not yet the answer
    call.status = 0;
    call.first_read_ns = call.arrived_ns = 0;
    reply_.restart();
  } else if (pending.head || call.status == 204 || call.status == 304) {
    reply_.body_of(0);
  } else {
    if (head.event_stream) call.flags |= kCallWaits;
    if (head.chunked)
      reply_.body_in_chunks();
    else if (head.coded || head.malformed || !head.length)
      reply_.body_until_close();
    else
      reply_.body_of(*head.length);
    contradictions_ += head.malformed;
  }
}

}  // namespace culprit
