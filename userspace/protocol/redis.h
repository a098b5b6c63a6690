// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// RESP2, RESP3 and inline commands of Redis and its kin. A call's text is the command and
/// the pattern of its first key.
std::unique_ptr<Decoder> make_redis_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
