// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/call.h"
#include "protocol/key_pattern.h"
#include "protocol/protocol.h"
#include "protocol/query_book.h"
#include "protocol/route_book.h"
#include "protocol/statement_book.h"

namespace culprit {

/// What all decoders share; outlives them.
struct DecoderBooks {
  QueryBook queries;
  StatementBook statements;
  RouteBook routes;
  KeyPatterns keys;
};

/// What one connection says of itself; the views need to hold only while a decoder is made.
struct DecoderScope {
  /// Connections of one application to one server share what they learn of each other
  /// (statements prepared before culprit came, route templates).
  std::uint64_t application = 0;
  /// The first piece is the first of the connection; else it was open before culprit came.
  bool from_start = false;
};

/// Bytes of one connection to calls. Pure; all bytes are hostile. Requests and replies are
/// each in order, and what of them came when is told by their pieces. A decoder never reads
/// past a piece, never loops without progress, keeps bounded memory (a fixed most of
/// unanswered requests and of carried-over bytes), and after missing bytes finds its place
/// again or counts `contradictions`.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Bytes towards the server. Finished calls are appended to `done`.
  virtual void request(const Piece& piece, std::vector<Call>& done) = 0;
  /// Bytes towards the client.
  virtual void reply(const Piece& piece, std::vector<Call>& done) = 0;
  /// The connection has ended: what is unanswered ends as kAborted.
  virtual void close(std::uint64_t time_ns, std::vector<Call>& done) = 0;

  /// Since when the oldest unanswered request waits; nullopt: none does.
  virtual std::optional<std::uint64_t> busy_since() const = 0;
  /// Unanswered requests.
  virtual std::size_t pending() const = 0;
  /// Name of the database, once known; "" otherwise.
  virtual std::string_view database() const { return {}; }
  /// How often the bytes contradicted the protocol.
  std::uint64_t contradictions() const { return contradictions_; }
  /// Calls whose reply could not be told apart because bytes were missing; those that are
  /// appended all the same (kCallResynced) lack what only the reply tells, as hits and misses.
  std::uint64_t lost_calls() const { return lost_calls_; }

 protected:
  std::uint64_t contradictions_ = 0, lost_calls_ = 0;
};

/// A decoder for what the connection was recognised as; for kUnknown and kTls one that tells
/// calls by turn-taking: the next request closes the reply before it. Never null.
std::unique_ptr<Decoder> make_decoder(Protocol protocol, const DecoderScope& scope,
                                      DecoderBooks& books);

}  // namespace culprit
