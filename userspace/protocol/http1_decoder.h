// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/http1_queue.h"
#include "protocol/http1_reader.h"

namespace culprit {

class Http1Decoder final : public Decoder {
 public:
  Http1Decoder(const DecoderScope& scope, DecoderBooks& books);

  void request(const Piece& piece, std::vector<Call>& done) override;
  void reply(const Piece& piece, std::vector<Call>& done) override;
  void close(std::uint64_t time_ns, std::vector<Call>& done) override;
  std::optional<std::uint64_t> busy_since() const override;
  std::size_t pending() const override { return queue_.size(); }

 private:
  /// Where a message or its latest bytes were seen.
  struct Seen {
    std::uint64_t time_ns = 0;
    std::uint32_t tid = 0, task = 0, work = 0;
  };
  static Seen seen(const Piece& piece) {
    return {piece.time_ns, piece.tid, piece.task, piece.work};
  }

  void follow_request(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  void begin_request(const Piece& piece, std::vector<Call>& done);
  void choose_request_body();
  void count_request(std::uint64_t bytes, const Piece& piece);
  void take_turn(std::vector<Call>& done);
  QueryId route_of(std::string_view method, std::string_view target, bool cut);

  void follow_reply(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  void search_reply(std::string_view bytes, const Piece& piece, std::vector<Call>& done);
  void skip_reply(const Piece& piece, std::vector<Call>& done);
  void end_of_reply_head(std::vector<Call>& done);
  void count_reply(std::uint64_t bytes, const Piece& piece);
  void lose_reply();
  /// The oldest request; one that nobody sees when there was no room for it.
  Http1Pending& answered() { return queue_.empty() ? unseen_ : queue_.front(); }
  bool awaits_reply() const { return !queue_.empty() || unqueued_ > 0; }
  /// Its reply is complete, with the latest bytes of this direction.
  void finish(std::vector<Call>& done);
  void end_http();

  DecoderBooks& books_;
  std::uint64_t application_;
  Http1Reader request_, reply_;
  Http1Queue queue_;
  std::uint64_t unqueued_ = 0;  ///< requests behind the queue, for which there was no room
  Http1Pending unseen_;
  Seen request_start_, latest_reply_;
  std::uint64_t start_line_bytes_ = 0;  ///< that came before its last piece
  std::string text_;
  bool over_ = false;  ///< closed, or no longer HTTP
};

}  // namespace culprit
