// SPDX-License-Identifier: Apache-2.0
// A row of a history file that nobody vouches for, and the list of its columns.
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/history_codec.h"

namespace {

using namespace culprit;

HistoryNamePtr name_of(std::uint64_t id) {
  static const auto kName = std::make_shared<const HistoryName>();
  return id % 7 == 6 ? nullptr : kName;
}

std::string packed(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 1));
  return out;
}

/// What was read is written and read again: the same comes back.
void read_rows(std::string_view bytes, const HistoryLayout& layout) {
  static HistoryUnpacker unpacker;
  static HistoryPacker packer;
  HistoryTick tick;
  tick.seconds = 1;
  if (!unpacker.unpack_host(bytes, layout, tick)) tick.table(HistoryKind::kHost).rows.clear();
  if (!unpacker.unpack_rows(bytes, layout, name_of, tick)) return;
  const auto again = packer.pack(tick, [](const HistoryNamePtr&) { return 1; });
  HistoryTick second;
  if (!again || !unpacker.unpack_rows(again->rows, current_history_layout(), name_of, second))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto layout = parse_history_layout(bytes)) read_rows(packed("\x80"), *layout);
      break;
    case 1:
      read_rows(bytes, current_history_layout());
      break;
    case 2:  // as it is within zstd's frame, where no checksum stands before it
      read_rows(packed(bytes), current_history_layout());
      break;
  }
  return 0;
}
