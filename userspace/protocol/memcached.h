// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// Memcached's text protocol with its meta commands, and its binary protocol. A call's text
/// is the command and the pattern of its first key.
std::unique_ptr<Decoder> make_memcached_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
