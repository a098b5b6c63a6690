// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "store/history_layout.h"
#include "store/history_tick.h"
#include "util/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace culprit {

/// A tick as a file keeps it: CBOR, that of the rows below the host packed by zstd.
struct PackedTick {
  std::string host, rows;
};

/// Packs ticks in the current layout; `id_of` gives a name's number in the file, above 0.
class HistoryPacker {
 public:
  HistoryPacker();
  Result<PackedTick> pack(const HistoryTick& tick,
                          const std::function<std::uint64_t(const HistoryNamePtr&)>& id_of);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

/// Reads what HistoryPacker packed out of bytes that nobody vouches for.
class HistoryUnpacker {
 public:
  HistoryUnpacker();
  /// Fills the host's row.
  Status unpack_host(std::string_view bytes, const HistoryLayout& layout, HistoryTick& tick);
  /// Fills the other tables. `name_of` may give null: the row then has no name that is known.
  Status unpack_rows(std::string_view bytes, const HistoryLayout& layout,
                     const std::function<HistoryNamePtr(std::uint64_t)>& name_of,
                     HistoryTick& tick);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::string buffer_;
};

}  // namespace culprit
