// SPDX-License-Identifier: Apache-2.0
#include "protocol/turn_taking.h"

#include "protocol/mysql_turns.h"

namespace culprit {
namespace {

// Records of TLS that carry no data: change of cipher, alert, handshake.
bool is_tls_ceremony(const Piece& piece) {
  if (piece.missing_before > 0 || piece.bytes.size() < 3) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(piece.bytes[i]); };
  return byte(0) >= 0x14 && byte(0) <= 0x16 && byte(1) == 3 && byte(2) <= 4;
}

class TurnTakingDecoder final : public Decoder {
 public:
  void request(const Piece& piece, std::vector<Call>& done) override {
    if (is_tls_ceremony(piece)) return;
    if (replied_) finish(Outcome::kOk, done);
    if (!asked_) {
      asked_ = true;
      call_ = {};
      call_.flags = kCallTimingOnly;
      call_.start_ns = piece.time_ns;
      call_.tid = piece.tid;
      call_.task = piece.task;
      call_.work = piece.work;
    }
    call_.request_end_ns = piece.time_ns;
    call_.request_bytes += piece.missing_before + piece.bytes.size();
  }

  void reply(const Piece& piece, std::vector<Call>&) override {
    if (!asked_ || is_tls_ceremony(piece)) return;
    if (!replied_) {
      replied_ = true;
      call_.first_read_ns = piece.time_ns;
      call_.arrived_ns = piece.arrived_ns;
    }
    call_.end_ns = piece.time_ns;
    call_.reply_tid = piece.tid;
    if (piece.task) {  // only what is sent has one: this end is the server's
      call_.task = piece.task;
      call_.work = piece.work;
    }
    call_.reply_bytes += piece.missing_before + piece.bytes.size();
  }

  void close(std::uint64_t time_ns, std::vector<Call>& done) override {
    if (!asked_) return;
    if (!replied_) call_.end_ns = time_ns;
    finish(replied_ ? Outcome::kOk : Outcome::kAborted, done);
  }

  std::optional<std::uint64_t> busy_since() const override {
    if (pending() == 0) return std::nullopt;
    return call_.start_ns;
  }

  std::size_t pending() const override { return asked_ && !replied_ ? 1 : 0; }

 private:
  void finish(Outcome outcome, std::vector<Call>& done) {
    call_.outcome = outcome;
    done.push_back(call_);
    asked_ = replied_ = false;
  }

  Call call_;
  bool asked_ = false, replied_ = false;
};

class TlsDecoder final : public Decoder {
 public:
  explicit TlsDecoder(bool login) : turns_(true, login) {}

  void request(const Piece& piece, std::vector<Call>& done) override {
    turns_.request(piece, done);
  }
  void reply(const Piece& piece, std::vector<Call>&) override { turns_.reply(piece); }
  void close(std::uint64_t time_ns, std::vector<Call>& done) override {
    turns_.close(time_ns, done);
  }
  std::optional<std::uint64_t> busy_since() const override { return turns_.busy_since(); }
  std::size_t pending() const override { return turns_.pending(); }

 private:
  MysqlTurns turns_;
};

}  // namespace

std::unique_ptr<Decoder> make_turn_taking_decoder(const DecoderScope&, DecoderBooks&) {
  return std::make_unique<TurnTakingDecoder>();
}

std::unique_ptr<Decoder> make_tls_decoder() {
  return std::make_unique<TlsDecoder>(false);
}

std::unique_ptr<Decoder> make_upgraded_decoder() {
  return std::make_unique<TlsDecoder>(true);
}

}  // namespace culprit
