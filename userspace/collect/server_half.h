// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "bpf/call.h"
#include "collect/call_reading.h"

namespace culprit {

/// It was noted as a server does it: read, then sent.
bool is_in_order(const server_half& half);

/// What the server last sent is the reply of this call.
bool answers(const server_half& half, const Call& call);

/// Gives a call what its server did; `calls` of them were answered in one go.
void give_half(CallReading& reading, const server_half& half, std::size_t calls);

}  // namespace culprit
