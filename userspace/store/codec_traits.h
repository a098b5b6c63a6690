// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "bpf/histogram.h"
#include "bpf/thread.h"

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
constexpr bool kIsBlobList = std::is_same_v<T, std::vector<thread_record>>;

}  // namespace culprit
