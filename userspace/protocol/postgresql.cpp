// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql.h"

#include "protocol/postgresql_exchange.h"
#include "protocol/postgresql_replies.h"
#include "protocol/postgresql_requests.h"

namespace culprit {
namespace {

class PostgresqlDecoder final : public Decoder {
 public:
  PostgresqlDecoder(const DecoderScope& scope, DecoderBooks& books)
      : requests_(scope, books, exchange_), replies_(scope, exchange_) {}

  void request(const Piece& piece, std::vector<Call>& done) override {
    requests_.read(piece, done);
    count();
  }

  void reply(const Piece& piece, std::vector<Call>& done) override {
    replies_.read(piece, done);
    if (exchange_.take_transaction_end()) requests_.end_transaction();
    count();
  }

  void close(std::uint64_t time_ns, std::vector<Call>& done) override {
    exchange_.close(time_ns, done);
  }

  std::optional<std::uint64_t> busy_since() const override { return exchange_.busy_since(); }
  std::size_t pending() const override { return exchange_.calls(); }
  std::string_view database() const override { return requests_.database(); }

 private:
  void count() {
    contradictions_ =
        exchange_.contradictions() + requests_.contradictions() + replies_.contradictions();
    lost_calls_ = exchange_.lost_calls();
  }

  PostgresqlExchange exchange_;
  PostgresqlRequests requests_;
  PostgresqlReplies replies_;
};

}  // namespace

std::unique_ptr<Decoder> make_postgresql_decoder(const DecoderScope& scope, DecoderBooks& books) {
  return std::make_unique<PostgresqlDecoder>(scope, books);
}

}  // namespace culprit
