// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace culprit {

/// Writes the part of CBOR (RFC 8949) that recordings use: definite lengths, shortest
/// integers, 64-bit floats. Any CBOR tool reads it.
class CborWriter {
 public:
  void unsigned_integer(std::uint64_t value) { head(0, value); }
  void integer(std::int64_t value);
  void boolean(bool value) { bytes_.push_back(static_cast<char>(value ? 0xf5 : 0xf4)); }
  void null() { bytes_.push_back(static_cast<char>(0xf6)); }
  void real(double value);
  /// Text, or a byte string when it is not UTF-8, so that no byte is lost.
  void text(std::string_view value);
  void bytes(const void* data, std::size_t size);
  void array(std::size_t elements) { head(4, elements); }
  void map(std::size_t pairs) { head(5, pairs); }

  const std::string& data() const { return bytes_; }
  /// Hands the bytes over and starts anew.
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  void head(unsigned major, std::uint64_t value);

  std::string bytes_;
};

/// Reads what CborWriter writes, and nothing else, out of bytes that nobody vouches for.
/// Each read gives nullopt, and does not advance, unless exactly that comes next, whole.
class CborReader {
 public:
  explicit CborReader(std::string_view data) : data_(data) {}

  std::optional<std::uint64_t> unsigned_integer() { return head(0); }
  std::optional<std::int64_t> integer();
  std::optional<bool> boolean();
  bool null();
  std::optional<double> real();
  /// Text or byte string; valid as long as the data is.
  std::optional<std::string_view> text();
  std::optional<std::string_view> bytes() { return string(2); }
  /// Number of elements that follow; never more than there are bytes left.
  std::optional<std::size_t> array() { return container(4, 1); }
  /// Number of pairs that follow; never more than the bytes left can hold.
  std::optional<std::size_t> map() { return container(5, 2); }

  bool at_end() const { return at_ == data_.size(); }
  /// What comes next, in words, for a message.
  std::string_view found() const;

 private:
  std::optional<std::uint64_t> head(unsigned major);
  std::optional<std::string_view> string(unsigned major);
  std::optional<std::size_t> container(unsigned major, std::size_t element_bytes);

  std::string_view data_;
  std::size_t at_ = 0;
};

}  // namespace culprit
