// SPDX-License-Identifier: Apache-2.0
#include "fuzz_cache.h"
#include "protocol/redis.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  culprit::fuzz_cache(culprit::make_redis_decoder, {reinterpret_cast<const char*>(data), size});
  return 0;
}
