// SPDX-License-Identifier: Apache-2.0
// A recording that nobody vouches for, all the way to the document that is made of it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/model.h"
#include "serve/json.h"
#include "store/codec.h"
#include "store/recording.h"

namespace {

using namespace culprit;

/// The whole file, as `--from` reads it.
void read_file(std::string_view bytes) {
  if (bytes.empty()) return;
  File file(::fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb"));
  auto recording = Recording::read(std::move(file), "fuzz");
  if (!recording) return;
  Model model((*recording)->host());
  for (;;) {
    const auto sample = (*recording)->next({});
    if (!sample || !*sample) return;
    if (const auto snapshot = model.advance(**sample)) json_text(*snapshot);
  }
}

/// Samples as they are within frames, where no checksum stands before the decoder: each
/// is the length in two bytes, then so many bytes.
void read_samples(std::string_view bytes) {
  Model model(HostIdentity{});
  std::uint64_t time = 0;
  while (bytes.size() > 2) {
    const std::size_t size =
        static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]);
    const std::string_view payload = bytes.substr(2, size);
    bytes.remove_prefix(2 + payload.size());
    auto sample = decode_sample(payload);
    if (!sample) continue;
    const std::string again = encode(*sample);
    if (encode(decode_sample(again).value()) != again) std::abort();
    sample->monotonic_ns = time += 1'000'000'000;
    if (const auto snapshot = model.advance(*sample)) json_text(*snapshot);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1)
    read_samples(bytes);
  else
    read_file(bytes);
  return 0;
}
