// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bpf/python.h"
#include "collect/lookup_tracker.h"
#include "collect/sample.h"

namespace culprit {

/// Turns the records of the ring buffer into what a Sample keeps. A record that is
/// shorter than its kind asks for, or of an unknown kind, is counted and left out.
class RecordDecoder {
 public:
  /// Reads one record of `size` bytes.
  void decode(const void* data, std::size_t size);

  /// Moves what has come since the last call into the sample, whose time is set.
  void deliver(Sample& sample);

  /// Code objects that user space is asked for, since the last call of this.
  std::vector<python_code_record> take_codes() { return std::exchange(codes_, {}); }

  std::uint64_t received() const { return received_; }
  std::uint64_t malformed() const { return malformed_; }

 private:
  void decode_exec(const char* data, std::size_t size);
  void decode_retransmit(const char* data, std::size_t size);

  Sample pending_;  // only its event lists are used
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> retransmits_;
  LookupTracker lookups_;
  std::vector<python_code_record> codes_;
  std::uint64_t received_ = 0, malformed_ = 0;
};

/// Arguments separated by NUL as one line: joined by blanks, control characters as `?`.
std::string command_line(std::string_view arguments, bool truncated);

}  // namespace culprit
