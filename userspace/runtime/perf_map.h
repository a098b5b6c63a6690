// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/process_map.h"
#include "runtime/symbol_table.h"

namespace culprit {

/// What the just-in-time compiler of one process wrote of its functions: /tmp/perf-PID.map in
/// the process's own mount namespace, by its pid in its own PID namespace. Believed only when
/// it belongs to root or to the owner of the process.
class PerfMap {
 public:
  /// Reads it when it has changed since; false when it has not, or is not there.
  bool update(const ProcessView& process);

  std::optional<std::string_view> find(std::uint64_t address) const { return table_.find(address); }
  std::size_t bytes() const { return table_.bytes(); }

 private:
  SymbolTable table_;
  off_t size_ = -1;
  std::int64_t modified_ns_ = 0;
};

}  // namespace culprit
