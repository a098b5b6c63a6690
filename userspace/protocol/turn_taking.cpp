// SPDX-License-Identifier: Apache-2.0
#include "protocol/turn_taking.h"

#include "protocol/mysql_turns.h"

namespace culprit {
namespace {

class TurnTakingDecoder final : public Decoder {
 public:
  void request(const Piece& piece, std::vector<Call>& done) override {
    if (call_.first_read_ns) finish(done);
    if (!call_.start_ns) {
      call_.start_ns = piece.time_ns;
      call_.tid = piece.tid;
    }
    call_.request_end_ns = piece.time_ns;
    call_.request_bytes += piece.bytes.size() + piece.missing_before;
  }

  void reply(const Piece& piece, std::vector<Call>&) override {
    if (!call_.start_ns) return;
    if (!call_.first_read_ns) {
      call_.first_read_ns = piece.time_ns;
      call_.arrived_ns = piece.arrived_ns;
    }
    call_.end_ns = piece.time_ns;
    call_.reply_tid = piece.tid;
    call_.reply_bytes += piece.bytes.size() + piece.missing_before;
  }

  void close(std::uint64_t time_ns, std::vector<Call>& done) override {
    if (!call_.start_ns) return;
    if (!call_.first_read_ns) {
      call_.outcome = Outcome::kAborted;
      call_.end_ns = time_ns;
    }
    finish(done);
  }

  std::optional<std::uint64_t> busy_since() const override {
    if (!pending()) return std::nullopt;
    return call_.start_ns;
  }
  std::size_t pending() const override { return call_.start_ns && !call_.first_read_ns ? 1 : 0; }

 private:
  void finish(std::vector<Call>& done) {
    call_.flags = kCallTimingOnly;
    done.push_back(call_);
    call_ = {};
  }

  Call call_;
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
