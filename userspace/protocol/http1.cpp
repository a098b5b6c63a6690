// SPDX-License-Identifier: Apache-2.0
#include "protocol/http1.h"

#include "protocol/http1_decoder.h"

namespace culprit {
namespace {

/// What asks for news and is answered sooner had them, or did not wait.
constexpr std::uint64_t kLongPollNs = 1'000'000'000;

}  // namespace

std::unique_ptr<Decoder> make_http1_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<Http1Decoder>(scope, books);
}

Http1Decoder::Http1Decoder(const DecoderScope& scope, DecoderBooks& books)
    : books_(books),
      application_(scope.application),
      request_(scope.from_start),
      reply_(scope.from_start) {}

void Http1Decoder::finish(std::vector<Call>& done) {
  if (queue_.empty()) {
    unqueued_--;
    unseen_ = {};
    return;
  }
  Call& call = queue_.front().call;
  call.end_ns = latest_reply_.time_ns;
  call.reply_tid = latest_reply_.tid;
  if (latest_reply_.task) {  // only what is sent has one: this end is the server's
    call.task = latest_reply_.task;
    call.work = latest_reply_.work;
  }
  call.outcome = call.status >= 500 ? Outcome::kError : Outcome::kOk;
  if (queue_.front().polls && call.end_ns > call.start_ns + kLongPollNs) call.flags |= kCallWaits;
  done.push_back(call);
  queue_.pop();
}

void Http1Decoder::end_http() {
  lost_calls_ += queue_.size();
  queue_.clear();
  unqueued_ = 0;
  request_.lose();
  reply_.lose();
  over_ = true;
}

void Http1Decoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  if (!queue_.empty() && queue_.front().call.first_read_ns) {
    // The end of the connection is that of the body; or the end was amid what is missing.
    if (reply_.lost()) queue_.front().call.flags |= kCallResynced;
    if (reply_.lost() || reply_.until_close()) finish(done);
  }
  for (; !queue_.empty(); queue_.pop()) {
    Call& call = queue_.front().call;
    call.end_ns = time_ns;
    call.outcome = Outcome::kAborted;
    done.push_back(call);
  }
  end_http();
}

std::optional<std::uint64_t> Http1Decoder::busy_since() const {
  // An open event stream is answered, and as long as it likes; who polls waits on purpose.
  if (queue_.empty() || queue_.front().polls || queue_.front().call.flags & kCallWaits)
    return std::nullopt;
  return queue_.front().call.start_ns;
}

}  // namespace culprit
