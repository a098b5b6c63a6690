// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_turns.h"

namespace culprit {

namespace {

/// COM_QUIT, enveloped, and what TLS sends when it closes.
constexpr std::uint64_t kMostQuitBytes = 80;
constexpr char kTlsHandshake = 0x16, kTlsApplicationData = 0x17, kTlsVersion = 0x03;

}  // namespace

bool starts_tls_handshake(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == kTlsHandshake && bytes[1] == kTlsVersion;
}

void MysqlTurns::request(const Piece& piece, std::vector<Call>& done) {
  if (open_ && call_.first_read_ns) {
    finish(done);
    if (stage_ == Stage::kLogin) stage_ = Stage::kCalls;
  }
  if (stage_ == Stage::kHandshake && !piece.bytes.empty() && piece.bytes[0] == kTlsApplicationData)
    stage_ = login_ ? Stage::kLogin : Stage::kCalls;
  if (!open_) {
    open_ = true;
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

void MysqlTurns::reply(const Piece& piece) {
  if (!open_) return;
  if (!call_.first_read_ns) {
    call_.first_read_ns = piece.time_ns;
    call_.arrived_ns = piece.arrived_ns;
  }
  call_.end_ns = piece.time_ns;
  call_.reply_tid = piece.tid;
  call_.reply_bytes += piece.missing_before + piece.bytes.size();
}

void MysqlTurns::close(std::uint64_t time_ns, std::vector<Call>& done) {
  if (!open_) return;
  if (call_.first_read_ns) return finish(done);
  open_ = false;
  if (stage_ != Stage::kCalls || call_.request_bytes <= kMostQuitBytes) return;
  call_.outcome = Outcome::kAborted;
  call_.end_ns = time_ns;
  done.push_back(call_);
}

std::optional<std::uint64_t> MysqlTurns::busy_since() const {
  if (!waits()) return std::nullopt;
  return call_.start_ns;
}

void MysqlTurns::finish(std::vector<Call>& done) {
  if (stage_ == Stage::kCalls) done.push_back(call_);
  open_ = false;
}

}  // namespace culprit
