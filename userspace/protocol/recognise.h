// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/protocol.h"

namespace culprit {

/// recognise() of bpf/protocol.h on a write or read of `length` bytes, of which `bytes` are
/// the first, or all.
recognition recognise_bytes(std::string_view bytes, std::uint32_t length);

/// True for what a client begins TLS with.
bool starts_tls(std::string_view bytes);

}  // namespace culprit
