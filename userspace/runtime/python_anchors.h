// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "collect/task_reading.h"

namespace culprit {

/// A function of a framework that calls a piece of work: the frame just below it (which it
/// called) names the task. Of several on a stack the innermost one counts.
struct PythonAnchor {
  std::string_view file;      ///< the end of its path: "asyncio/events.py"
  std::string_view function;  ///< qualified
  TaskKind kind;
  std::string_view framework;
};

/// Null when the function is none. `qualified`: `function` is a qualified name (3.11+);
/// else only its last part is compared.
const PythonAnchor* find_anchor(std::string_view file, std::string_view function, bool qualified);

}  // namespace culprit
