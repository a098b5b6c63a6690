// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// For protocols that nobody here reads, and TLS: the client's next bytes close the reply
/// before them. Calls have times and sizes only (kCallTimingOnly). Handshakes and alerts of
/// TLS are no calls.
std::unique_ptr<Decoder> make_turn_taking_decoder(const DecoderScope& scope, DecoderBooks& books);

/// The same for TLS from its handshake on, which is no call.
std::unique_ptr<Decoder> make_tls_decoder();

/// The same for what changed to TLS in its course: the login that follows is no call, either.
std::unique_ptr<Decoder> make_upgraded_decoder();

}  // namespace culprit
