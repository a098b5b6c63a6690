// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "bpf/histogram.h"
#include "bpf/thread.h"
#include "collect/call_reading.h"
#include "collect/lookup_reading.h"
#include "collect/stack_reading.h"
#include "collect/task_reading.h"

/// Which shapes of member a recording can keep.
namespace culprit {

template <class>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

template <class>
constexpr bool kIsVector = false;
template <class T>
constexpr bool kIsVector<std::vector<T>> = true;

template <class>
constexpr bool kIsArray = false;
template <class T, std::size_t N>
constexpr bool kIsArray<std::array<T, N>> = true;

template <class>
constexpr bool kIsMap = false;
template <class Key, class T>
constexpr bool kIsMap<std::map<Key, T>> = true;

/// Kept as the bytes they are in memory; the header frame names their layout.
template <class T>
constexpr bool kIsBlob = std::is_same_v<T, histogram>;
template <class T>
constexpr bool kIsBlobList =
    std::is_same_v<T, std::vector<thread_record>> || std::is_same_v<T, std::vector<CallReading>>;

/// Enums that are kept as their numbers, which are never reused.
template <class T>
constexpr bool kIsNumbered =
    std::is_same_v<T, Protocol> || std::is_same_v<T, SocketRole> || std::is_same_v<T, SocketEnd> ||
    std::is_same_v<T, TaskKind> || std::is_same_v<T, CodeKind> || std::is_same_v<T, LookupOutcome>;

// The highest number of each enum that a recording holds.
constexpr Protocol last_of(Protocol) {
  return Protocol::kTls;
}
constexpr SocketRole last_of(SocketRole) {
  return SocketRole::kServer;
}
constexpr TaskKind last_of(TaskKind) {
  return TaskKind::kNative;
}
constexpr CodeKind last_of(CodeKind) {
  return CodeKind::kPython;
}
constexpr LookupOutcome last_of(LookupOutcome) {
  return LookupOutcome::kUnanswered;
}
constexpr SocketEnd last_of(SocketEnd) {
  return SocketEnd::kConnectFailed;
}
constexpr Outcome last_of(Outcome) {
  return Outcome::kAborted;
}
constexpr Transaction last_of(Transaction) {
  return Transaction::kFailed;
}

/// False for a value that is none of its enum's.
constexpr bool is_known(auto value) {
  return value <= last_of(value);
}

}  // namespace culprit
