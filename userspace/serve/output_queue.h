// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

namespace culprit {

/// Bytes for a reader; those for several are shared by them.
using Message = std::shared_ptr<const std::string>;

/// What one client has still to be sent. Bounded: one who does not read is not waited for.
class OutputQueue {
 public:
  static constexpr std::size_t kMostMessages = 8;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  /// False: there is no room for it. One message always has, however large.
  bool push(Message message);

  enum class Sent { kAll, kPart, kGone };
  /// Sends as much as a socket takes without waiting. kGone: its reader has.
  Sent send(int socket);

  bool empty() const { return messages_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::deque<Message> messages_;
  std::size_t bytes_ = 0;  ///< of all messages
  std::size_t sent_ = 0;   ///< of the first one
};

}  // namespace culprit
