// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bpf/call.h"
#include "collect/sample.h"
#include "protocol/decoder.h"
#include "protocol/request_hash.h"

namespace culprit {

/// A process that has a TLS connection.
struct TlsProcess {
  std::uint32_t pid = 0;
  std::uint64_t start_time_ns = 0;  ///< 0: not known
  bool operator==(const TlsProcess&) const = default;
};

/// Turns the records of bpf/call.h into connections, calls and texts of a Sample: keeps a
/// decoder for each watched connection and feeds it what went over. Literals do not get
/// past here.
class CallTracker {
 public:
  /// `key` is that of RequestHash.
  explicit CallTracker(std::uint64_t key = 0) : key_(key) {}

  /// Reads one record of `size` bytes; a malformed one is counted and left out.
  void decode(const void* data, std::size_t size);

  /// The connections that still have a buffer in the kernel, as listed after `since_ns`:
  /// one that was known before and is not among them has ended.
  void retain(const std::vector<std::uint64_t>& watched, std::uint64_t since_ns);

  /// Moves what has come since the last call into the sample, and ends connections of
  /// processes that have ended. Call when the sample's `ended` is complete.
  void deliver(Sample& sample);

  /// Those that have begun with TLS since the last call of this.
  std::vector<TlsProcess> take_tls_processes() { return std::exchange(tls_processes_, {}); }

  /// A connection with another host has come to be watched since the last call of this.
  bool take_began_watching() { return std::exchange(began_watching_, false); }

  std::uint64_t received() const { return received_; }
  std::uint64_t malformed() const { return malformed_; }

 private:
  struct Entry {
    ConnectionReading reading;
    bool told = false;            ///< in a sample
    std::uint64_t latest_ns = 0;  ///< when something went over it
    std::unique_ptr<Decoder> decoder;
    RequestHashes requests;
    std::uint64_t announced_ns = 0, told_lost = 0;
    server_half half{};                    ///< the latest that came
    std::vector<std::size_t> unpaired;     ///< of calls_: without a half so far
    std::uint32_t sent = 0, received = 0;  ///< next position in either direction
    bool from_start = false, changed = true, watched = false;
    /// What the decoder is fed with; within TLS, the bytes of the socket or of the library.
    enum class Layer : std::uint8_t { kSocket, kCiphertext, kPlaintext } layer = Layer::kSocket;
    std::unique_ptr<Decoder> before_tls;  ///< of a protocol that changed to TLS in its course
    std::uint32_t plain_sent = 0, plain_received = 0;
    std::uint8_t plain_looks = 0;  ///< in vain, at what the library had
  };

  void take_connection(const connection_record& record);
  void drop(std::uint64_t id, std::uint64_t time_ns);
  void take_exchange(const exchange_record& record, const char* segments, std::size_t size);
  void take_segment(Entry& entry, const segment& segment, const char* bytes);
  void feed(Entry& entry, const segment& segment, const Piece& piece);
  void use(Entry& entry, std::unique_ptr<Decoder> decoder);
  void begin_tls(Entry& entry);
  bool take_plaintext(Entry& entry, const segment& segment, const Piece& piece);
  void end(Entry& entry, SocketEnd how, std::uint64_t time_ns);
  void keep_calls(Entry& entry, std::uint32_t pid);
  void give_protocol(Entry& entry);
  void end_of_processes(const Sample& sample);
  Entry* make_entry(std::uint64_t id);

  std::uint64_t key_;
  DecoderBooks books_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<std::string, Protocol> known_addresses_;  ///< of servers
  std::vector<CallReading> calls_;
  std::vector<Call> done_;  ///< of the present record
  std::vector<TlsProcess> tls_processes_;
  bool began_watching_ = false;
  std::uint64_t received_ = 0, malformed_ = 0, lost_calls_ = 0, lost_connections_ = 0;
};

}  // namespace culprit
