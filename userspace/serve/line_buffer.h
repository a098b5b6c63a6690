// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// Cuts what a client writes into lines.
class LineBuffer {
 public:
  static constexpr std::size_t kMostBytes = 4096;  // of a line

  void add(std::string_view bytes) { bytes_ += bytes; }
  /// The next line, without its end.
  std::optional<std::string> next();
  /// No line end in more bytes than a line may have.
  bool too_long() const { return bytes_.size() > kMostBytes && !has_line(); }
  bool has_line() const { return bytes_.find('\n') < kMostBytes + 1; }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace culprit
