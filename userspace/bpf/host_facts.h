// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "bpf/facts.h"

namespace culprit {

/// What files under `root` say: lockdown, pressure, cgroups, capabilities, namespaces.
void probe_files(Facts& facts, const std::filesystem::path& root);

/// Whether own limits can be raised, by raising one and putting it back.
Fact try_raising_limits();

}  // namespace culprit
