// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// For protocols that nobody here reads, and TLS: the client's next bytes close the reply
/// before them. Calls have times and sizes only (kCallTimingOnly). Handshakes and alerts of
/// TLS are no calls.
std::unique_ptr<Decoder> make_turn_taking_decoder(const DecoderScope& scope, DecoderBooks& books);

/// The same for what changed to TLS in its course: neither the handshake nor the login that
/// follows it is a call.
std::unique_ptr<Decoder> make_upgraded_decoder();

}  // namespace culprit
