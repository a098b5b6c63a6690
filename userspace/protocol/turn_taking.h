// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// Calls of a protocol that nobody reads: a request is what goes out until something comes
/// back, its reply is what comes until the next request. Timing only.
std::unique_ptr<Decoder> make_turn_taking_decoder(const DecoderScope& scope, DecoderBooks& books);

/// The same for what changed to TLS in its course: neither the handshake nor the login that
/// follows it is a call.
std::unique_ptr<Decoder> make_upgraded_decoder();

}  // namespace culprit
