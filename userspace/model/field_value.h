// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/field.h"

namespace culprit {

/// The value of an optional; absent stays absent.
template <typename T>
Value value_of(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

/// A row's use of one kind, where it is known.
template <typename Row, auto member>
Value usage_of(const Row& row, double) {
  return value_of(row.usage.*member);
}

}  // namespace culprit
