// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/call.h"
#include "protocol/protocol.h"

namespace culprit {

/// Tells by a number whether two requests are the same, literals included, without keeping any
/// of them. The number depends on a key that is drawn anew whenever culprit starts, so that
/// nobody can try out later which literals give it.
class RequestHash {
 public:
  /// Of HTTP the request line and the body count, for headers hold dates and trace ids.
  enum class Form { kBytes, kHttp };

  explicit RequestHash(Form form, std::uint64_t key) : form_(form), key_(key), state_(key) {}

  /// The next bytes of a request. One of which bytes are missing is not known.
  void add(const Piece& piece);
  /// The number, 0 when it is not known; then begins with the next request.
  std::uint32_t take();
  /// Bytes of the request so far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  void add_bytes(std::string_view bytes);
  void add_http(std::string_view bytes);
  void mix(std::uint64_t word);

  Form form_;
  std::uint64_t key_, state_;
  std::uint64_t bytes_ = 0;
  std::uint64_t word_ = 0;  // bytes that do not fill a word yet
  unsigned in_word_ = 0;    // how many these are
  bool whole_ = true;       // nothing was missing
  enum class Part { kLine, kHeaders, kBody } part_ = Part::kLine;
  unsigned line_ends_ = 0;  // in a row: two are the end of the headers
};

/// Numbers the requests of one connection that are answered one by one.
class RequestHashes {
 public:
  /// More of a request was sent.
  void sent(const Piece& piece, Protocol protocol, std::uint64_t key);
  /// Its reply has begun: what is sent next is another.
  void answered() { in_reply_ = true; }
  /// Gives a call its number, unless it is not known which bytes were its request.
  void give(Call& call);

 private:
  std::optional<RequestHash> present_;
  bool in_reply_ = false;
};

}  // namespace culprit
