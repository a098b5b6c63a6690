// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/field.h"

namespace culprit {

/// A number with its unit as a sentence says it: "1.2 GiB", "82 %", "340 ms", "1.5 CPUs".
std::string number_text(double value, Unit unit);
/// The unit as `evidence` of the JSON names it: "seconds", "bytes", …; "" of a plain number.
std::string_view unit_word(Unit unit);
/// The value as a number; absent for text and for what is absent.
std::optional<double> number_in(const Value& value);

}  // namespace culprit
