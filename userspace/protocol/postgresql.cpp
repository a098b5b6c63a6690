// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql.h"

#include "protocol/postgresql_decoder.h"
#include "protocol/turn_taking.h"

namespace culprit {
namespace {

// Records of TLS that come before the first of the application.
constexpr char kTlsChangeCipher = 0x14, kTlsHandshake = 0x16;

}  // namespace

PostgresqlDecoder::PostgresqlDecoder(const DecoderScope& scope, DecoderBooks& books)
    : statements_(scope.application, books), query_book_(books.queries) {
  if (scope.from_start) return;
  requests_.lose();
  replies_.lose();
}

/// Turn-taking; the handshake and the log-in's first exchange are no calls.
void PostgresqlDecoder::pass_encrypted(const Piece& piece, bool is_request,
                                       std::vector<Call>& done) {
  const std::size_t before = done.size();
  if (!is_request) {
    encrypted_->reply(piece, done);
  } else {
    if (!piece.bytes.empty() &&
        (piece.bytes[0] == kTlsHandshake || piece.bytes[0] == kTlsChangeCipher))
      return;
    encrypted_->request(piece, done);
  }
  if (logged_in_ || done.size() == before) return;
  logged_in_ = true;
  done.pop_back();
}

/// One byte answers the wish for encryption. False when nothing else is in the piece.
bool PostgresqlDecoder::take_tls_answer(Piece& piece) {
  if (piece.bytes.empty() && piece.missing_before == 0) return false;
  expects_tls_answer_ = false;
  if (piece.missing_before > 0 || piece.bytes[0] == 'E') return true;
  if (piece.bytes[0] == 'S' || piece.bytes[0] == 'G')
    encrypted_ = make_turn_taking_decoder({}, statements_.books());
  piece.bytes.remove_prefix(1);
  return !encrypted_ && !piece.bytes.empty();
}

void PostgresqlDecoder::finish(const Piece& piece, std::vector<Call>& done) {
  PostgresqlPending& entry = queue_.front();
  if (entry.counts) {
    Call& call = entry.call;
    call.end_ns = piece.time_ns;
    call.reply_tid = piece.tid;
    if (!call.first_read_ns && call.outcome != Outcome::kAborted) {
      call.first_read_ns = piece.time_ns;
      call.arrived_ns = piece.arrived_ns;
    }
    done.push_back(call);
  }
  queue_.pop();
}

void PostgresqlDecoder::close(std::uint64_t time_ns, std::vector<Call>& done) {
  if (encrypted_) {
    const std::size_t before = done.size();
    encrypted_->close(time_ns, done);
    if (!logged_in_) done.resize(before);
  }
  for (; !queue_.empty(); queue_.pop()) {
    PostgresqlPending& entry = queue_.front();
    if (!entry.counts) continue;
    if (!entry.answered) {
      if (entry.call.outcome == Outcome::kOk) entry.call.outcome = Outcome::kAborted;
      entry.call.end_ns = time_ns;
    }
    done.push_back(entry.call);
  }
  chain_ = {};
}

std::optional<std::uint64_t> PostgresqlDecoder::busy_since() const {
  if (encrypted_) return encrypted_->busy_since();
  if (queue_.calls() == 0) return std::nullopt;
  for (std::size_t i = 0; i < queue_.size(); i++)
    if (queue_.at(i).counts && !queue_.at(i).answered) return queue_.at(i).call.start_ns;
  return std::nullopt;
}

std::size_t PostgresqlDecoder::pending() const {
  return encrypted_ ? encrypted_->pending() : queue_.calls();
}

std::unique_ptr<Decoder> make_postgresql_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<PostgresqlDecoder>(scope, books);
}

}  // namespace culprit
