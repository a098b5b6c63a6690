// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/process_map.h"
#include "runtime/python_objects.h"
#include "runtime/python_origin.h"

namespace culprit {

/// What a Python process was started with: as its sys module keeps it (3.10+), where it stays
/// when the process gives itself another title, else as the kernel tells it.
std::vector<std::string> read_arguments(const ProcessView& process, const PythonObjects& objects,
                                        std::uint64_t sys_dict);

/// The origin of code in a process that was started so.
PythonOrigin read_origin(const ProcessView& process, const std::vector<std::string>& arguments);

}  // namespace culprit
