// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>

#include "store/codec_traits.h"
#include "store/describe_sample.h"

namespace culprit {

/// Gives every field that a recording keeps a value of its own.
class Filler {
 public:
  void operator()(std::string_view, auto& value) { fill(value); }
  void added(std::string_view, auto& value) { fill(value); }

  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = (++next_ & 1) != 0;
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(++next_ * 0x9e3779b97f4a7c15u);
      if constexpr (std::is_signed_v<T>) value = next_ & 1 ? value : -value;
    } else if constexpr (std::is_same_v<T, double>) {
      value = 1.0 / static_cast<double>(++next_);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = "text " + std::to_string(++next_);
      if (next_ % 3 == 0) value += "\xff\xfe not UTF-8";
    } else if constexpr (std::is_same_v<T, ProbeState>) {
      value = static_cast<ProbeState>(++next_ % 4);
    } else if constexpr (kIsOptional<T>) {
      fill(value.emplace());
    } else if constexpr (kIsBlob<T>) {
      std::memset(&value, static_cast<int>(++next_), sizeof value);
    } else if constexpr (kIsBlobList<T>) {
      for (int count = 0; count < 3; ++count) value.push_back(thread());
    } else if constexpr (kIsVector<T>) {
      for (int count = 0; count < 3; ++count) fill(value.emplace_back());
    } else if constexpr (kIsArray<T>) {
      for (auto& element : value) fill(element);
    } else if constexpr (kIsMap<T>) {
      for (int count = 0; count < 3; ++count) {
        typename T::key_type key{};
        fill(key);
        fill(value[key]);
      }
    } else {
      describe(*this, value);
    }
  }

 private:
  thread_record thread() {
    thread_record record;
    std::memset(&record, static_cast<int>(++next_), sizeof record);
    record.condition = THREAD_QUEUED;
    record.reason = BLOCKED_LOCK;
    std::memcpy(record.name, "worker", 7);
    return record;
  }

  std::uint64_t next_ = 0;
};

inline Sample filled_sample(std::uint64_t monotonic_ns = 1) {
  Sample sample;
  Filler().fill(sample);
  sample.monotonic_ns = monotonic_ns;
  return sample;
}

inline HostIdentity filled_host() {
  HostIdentity host;
  Filler().fill(host);
  return host;
}

}  // namespace culprit
