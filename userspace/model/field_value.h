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

}  // namespace culprit
