// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// PostgreSQL's protocol 3. A call is one `Query`, one `Execute` or one `FunctionCall`, as
/// pg_stat_statements counts; preparing alone is none.
std::unique_ptr<Decoder> make_postgresql_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
