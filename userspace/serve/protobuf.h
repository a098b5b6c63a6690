// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace culprit {

/// Writes one protobuf message, field by field; what is 0 or empty is left out, as the third
/// version of the language wants it.
class ProtobufWriter {
 public:
  void number(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    varint(field << 3);
    varint(value);
  }
  void text(std::uint32_t field, std::string_view bytes) {
    if (!bytes.empty()) message(field, bytes);
  }
  /// One that is repeated is written even when it is empty.
  void message(std::uint32_t field, std::string_view bytes) {
    varint(field << 3 | 2);
    varint(bytes.size());
    bytes_ += bytes;
  }
  void packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
    ProtobufWriter list;
    for (const std::uint64_t value : values) list.varint(value);
    text(field, list.bytes_);
  }

  /// Hands the bytes over.
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace culprit
