// SPDX-License-Identifier: Apache-2.0
// What the kernel hands over as bytes: records of the ring buffer and netlink messages.
#include <cstdint>
#include <string_view>

#include "collect/listener_reader.h"
#include "collect/record_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace culprit;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    std::vector<ListenerReading> listeners;
    parse_listeners(bytes, listeners);
    return 0;
  }
  RecordDecoder decoder;
  // The rest once as one record and once cut in two.
  decoder.decode(bytes.data(), bytes.size());
  decoder.decode(bytes.data(), bytes.size() / 2);
  decoder.decode(bytes.data() + bytes.size() / 2, bytes.size() - bytes.size() / 2);
  Sample sample;
  decoder.deliver(sample);
  return 0;
}
