// SPDX-License-Identifier: Apache-2.0
#include "model/stack_rows.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "model/counter.h"
#include "model/interpreted_frames.h"

namespace culprit {
namespace {

/// Outermost first.
Frames frames_of(const StackReading& reading, const FrameTable& table) {
  Frames native = table.find(reading.native);
  std::erase(native, nullptr);
  Frames frames = merge_interpreted(native, table.find(reading.interpreted));
  std::reverse(frames.begin(), frames.end());
  return frames;
}

/// By names, not by places in memory: the same Samples give the same order.
bool before(const FramePointer& a, const FramePointer& b) {
  return std::tie(a->function, a->module, a->kind) < std::tie(b->function, b->module, b->kind);
}

struct RowOrder {
  bool operator()(const StackRow& a, const StackRow& b) const {
    const auto key = [](const StackRow& row) {
      return std::tie(row.process.pid, row.process.start_time_ns, row.thread_name, row.blocked,
                      row.part);
    };
    if (key(a) != key(b)) return key(a) < key(b);
    return std::lexicographical_compare(a.frames.begin(), a.frames.end(), b.frames.begin(),
                                        b.frames.end(), before);
  }
};

}  // namespace

std::vector<StackRow> make_stack_rows(const std::vector<StackReading>& readings,
                                      const FrameTable& table) {
  std::vector<StackRow> rows;
  for (const StackReading& reading : readings)
    rows.push_back({{reading.pid, reading.process_start_time_ns},
                    reading.thread_name,
                    reading.blocked,
                    frames_of(reading, table),
                    reading.samples,
                    static_cast<double>(reading.ns) * kSecondsPerNanosecond,
                    reading.task,
                    ""});
  const RowOrder order;
  std::sort(rows.begin(), rows.end(), order);
  std::vector<StackRow> joined;
  for (StackRow& row : rows) {
    if (joined.empty() || order(joined.back(), row)) {
      joined.push_back(std::move(row));
      continue;
    }
    joined.back().samples += row.samples;
    joined.back().seconds += row.seconds;
  }
  return joined;
}

}  // namespace culprit
