// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bpf/object_loader.h"

namespace culprit {

/// What one hit of a uprobe costs on this host, in nanoseconds, measured on a function of our own:
/// 1,500 on ordinary machines, ten times as much where traps are emulated. `program` is attached
/// for a moment. 0: it cannot be measured.
double trap_price_ns(ObjectLoader& loader, bpf_program* program);

}  // namespace culprit
