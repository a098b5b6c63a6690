// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognise.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace culprit {

recognition recognise_bytes(std::string_view bytes, std::uint32_t length) {
  std::array<__u8, RECOGNITION_BYTES> first{};
  std::array<__u8, RECOGNITION_LAST> last{};
  const std::size_t captured = std::min(bytes.size(), first.size());
  std::memcpy(first.data(), bytes.data(), captured);
  if (bytes.size() == length) {
    const std::size_t tail = std::min(bytes.size(), last.size());
    std::memcpy(last.data() + last.size() - tail, bytes.data() + bytes.size() - tail, tail);
  }
  return recognise(first.data(), static_cast<__u32>(captured), length, last.data());
}

bool starts_tls(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != 0x16 || bytes[1] != 3) return false;
  std::array<__u8, RECOGNITION_BYTES> first{};
  const std::size_t captured = std::min(bytes.size(), first.size());
  std::memcpy(first.data(), bytes.data(), captured);
  return recognise_tls(first.data(), static_cast<__u32>(captured)).from_client != 0;
}

}  // namespace culprit
