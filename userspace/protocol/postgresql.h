// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// PostgreSQL's frontend/backend protocol 3. A call is one simple query message or one
/// Execute, as pg_stat_statements counts them. Source of the layouts: PostgreSQL's
/// documentation, chapter "Frontend/Backend Protocol", section "Message Formats".
std::unique_ptr<Decoder> make_postgresql_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
