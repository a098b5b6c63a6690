// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

namespace culprit::test {

/// Lines that a program writes, as they come.
class LineReader {
 public:
  LineReader() = default;
  /// The descriptor becomes its own.
  explicit LineReader(int output) : output_(output) {}
  ~LineReader() {
    if (output_ >= 0) close(output_);
  }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(LineReader&& other) noexcept {
    std::swap(output_, other.output_);
    std::swap(buffer_, other.buffer_);
    return *this;
  }

  /// Without its end; at the end what is left, "" of nothing.
  std::string next() {
    for (;;) {
      const std::size_t end = buffer_.find('\n');
      if (end != std::string::npos) {
        const std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      char chunk[4096];
      const ssize_t got = read(output_, chunk, sizeof(chunk));
      if (got <= 0) return std::exchange(buffer_, {});
      buffer_.append(chunk, static_cast<std::size_t>(got));
    }
  }

 private:
  int output_ = -1;
  std::string buffer_;
};

}  // namespace culprit::test
