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
    } else if constexpr (kIsNumbered<T>) {
      value = numbered<T>();
    } else if constexpr (kIsOptional<T>) {
      fill(value.emplace());
    } else if constexpr (kIsBlob<T>) {
      std::memset(&value, static_cast<int>(++next_), sizeof value);
    } else if constexpr (kIsBlobList<T>) {
      for (int count = 0; count < 3; ++count) record(value.emplace_back());
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
  void record(thread_record& thread) {
    std::memset(&thread, static_cast<int>(++next_), sizeof thread);
    thread.condition = THREAD_QUEUED;
    thread.reason = BLOCKED_LOCK;
    std::memcpy(thread.name, "worker", 7);
  }

  void record(CallReading& reading) {
    std::memset(static_cast<void*>(&reading), static_cast<int>(++next_), sizeof reading);
    reading.call.outcome = numbered<Outcome>();
    reading.call.transaction = numbered<Transaction>();
  }

  /// Any but the first, which is the default.
  template <class T>
  T numbered() {
    return static_cast<T>(1 + ++next_ % static_cast<std::uint64_t>(last_of(T{})));
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
