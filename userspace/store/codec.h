// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "store/describe.h"
#include "util/result.h"

namespace culprit {

/// CBOR of one Sample. Integers, doubles and bytes of names come back exactly.
std::string encode(const Sample& sample);
std::string encode(const RecordingHeader& header);

/// Reads what encode() gave, out of bytes that nobody vouches for: a key that is not
/// known, missing or out of order, another type, a number out of range, bytes left over
/// are errors "POINTER: expected this, found that", POINTER being a JSON pointer.
/// `call_reading_bytes` is what the header says: calls of another size are an error.
Result<Sample> decode_sample(std::string_view data,
                             std::uint32_t call_reading_bytes = sizeof(CallReading));
Result<RecordingHeader> decode_header(std::string_view data);

}  // namespace culprit
