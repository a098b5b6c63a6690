// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/call.h"
#include "protocol/protocol.h"

namespace culprit {

/// A call that failed by the server's fault: it is overloaded, going down, out of space, or gave no
/// answer. A statement that is wrong, or violates a key, is its caller's.
bool is_service_fault(Protocol protocol, const Call& call);

}  // namespace culprit
