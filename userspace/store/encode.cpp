// SPDX-License-Identifier: Apache-2.0
#include "collect/probe_state.h"
#include "store/cbor.h"
#include "store/codec.h"
#include "store/codec_traits.h"
#include "store/describe_sample.h"

namespace culprit {
namespace {

struct CountFields {
  std::size_t count = 0;
  void operator()(std::string_view, const auto&) { ++count; }
  void added(std::string_view, const auto&) { ++count; }
};

class Encoder {
 public:
  template <class T>
  void operator()(std::string_view key, const T& value) {
    out_.text(key);
    write(value);
  }
  void added(std::string_view key, const auto& value) { (*this)(key, value); }

  template <class T>
  void write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.boolean(value);
    } else if constexpr (std::is_unsigned_v<T>) {
      out_.unsigned_integer(value);
    } else if constexpr (std::is_integral_v<T>) {
      out_.integer(value);
    } else if constexpr (std::is_same_v<T, double>) {
      out_.real(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      out_.text(value);
    } else if constexpr (std::is_same_v<T, ProbeState>) {
      out_.text(probe_state_name(value));
    } else if constexpr (kIsNumbered<T>) {
      out_.unsigned_integer(static_cast<std::uint64_t>(value));
    } else if constexpr (kIsOptional<T>) {
      value ? write(*value) : out_.null();
    } else if constexpr (kIsBlob<T>) {
      out_.bytes(&value, sizeof value);
    } else if constexpr (kIsBlobList<T>) {
      out_.bytes(value.data(), value.size() * sizeof(value[0]));
    } else if constexpr (kIsVector<T> || kIsArray<T>) {
      out_.array(value.size());
      for (const auto& element : value) write(element);
    } else if constexpr (kIsMap<T>) {
      out_.map(value.size());
      for (const auto& [key, element] : value) write(key), write(element);
    } else {
      CountFields fields;
      describe(fields, value);
      out_.map(fields.count);
      describe(*this, value);
    }
  }

  std::string take() { return out_.take(); }

 private:
  CborWriter out_;
};

}  // namespace

std::string encode(const Sample& sample) {
  Encoder encoder;
  encoder.write(sample);
  return encoder.take();
}

std::string encode(const RecordingHeader& header) {
  Encoder encoder;
  encoder.write(header);
  return encoder.take();
}

}  // namespace culprit
