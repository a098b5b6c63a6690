// SPDX-License-Identifier: Apache-2.0
#include "store/history_codec.h"

#include <zstd.h>

#include <algorithm>
#include <cmath>

#include "store/cbor.h"

namespace culprit {
namespace {

constexpr int kLevel = 3;
constexpr std::size_t kMostBytes = std::size_t{4} << 20;  // of one tick, unpacked
constexpr std::size_t kMostRows = 4096;                   // of one kind
constexpr double kMicrosecond = 1e-6, kMillisecond = 1e-3;
constexpr double kLargest = 9e15;           // integers that a double holds exactly
constexpr std::uint32_t kMostBucket = 487;  // of durations below 2^63 ns

void write_number(CborWriter& out, const std::optional<double>& value, double step) {
  if (!value || !std::isfinite(*value))
    out.null();
  else
    out.integer(std::llround(std::clamp(*value / step, -kLargest, kLargest)));
}

void write_latency(CborWriter& out, const std::optional<Latency>& latency) {
  if (!latency || latency->buckets.empty()) return out.null();
  out.array(3 + 2 * latency->buckets.size());
  out.unsigned_integer(latency->count);
  write_number(out, latency->mean_seconds * static_cast<double>(latency->count), kMicrosecond);
  write_number(out, latency->max_seconds, kMicrosecond);
  std::uint32_t before = 0;
  for (const LatencyBucket& held : latency->buckets) {
    out.unsigned_integer(held.bucket - before);
    out.unsigned_integer(held.count);
    before = held.bucket;
  }
}

/// Column by column: what is alike lies together, which packs better.
void write_table(CborWriter& out, HistoryKind kind, const std::vector<const HistoryRow*>& rows,
                 const std::function<std::uint64_t(const HistoryNamePtr&)>& id_of) {
  const auto metrics = history_metrics(kind);
  out.array(6);
  out.unsigned_integer(static_cast<std::uint64_t>(kind));
  out.array(rows.size());
  for (const HistoryRow* row : rows) out.unsigned_integer(row->name ? id_of(row->name) : 0);
  out.array(kind == HistoryKind::kProcess ? 2 * rows.size() : 0);
  if (kind == HistoryKind::kProcess)
    for (const HistoryRow* row : rows) {
      out.unsigned_integer(row->pid);
      out.unsigned_integer(row->start_time_ns);
    }
  out.array(rows.size());
  for (const HistoryRow* row : rows) write_number(out, row->seconds, kMillisecond);
  out.array(metrics.size() * rows.size());
  for (std::size_t place = 0; place < metrics.size(); place++)
    for (const HistoryRow* row : rows)
      write_number(out, place < row->values.size() ? row->values[place] : std::nullopt,
                   metrics[place].step);
  out.array(history_has_latency(kind) ? rows.size() : 0);
  if (history_has_latency(kind))
    for (const HistoryRow* row : rows) write_latency(out, row->latency);
}

/// Fails with one text: where in such bytes it goes wrong helps nobody.
auto bad() {
  return misuse("a row of history that is damaged");
}

/// False: neither a number nor null comes next.
bool read_number(CborReader& in, double step, std::optional<double>& value) {
  if (in.null()) {
    value.reset();
    return true;
  }
  const auto number = in.integer();
  if (!number) return false;
  value = static_cast<double>(*number) * step;
  return true;
}

bool read_latency(CborReader& in, std::optional<Latency>& latency) {
  if (in.null()) return true;
  const auto size = in.array();
  if (!size || *size < 5 || *size % 2 == 0) return false;
  Latency read;
  const auto count = in.unsigned_integer();
  std::optional<double> sum, most;
  if (!count || *count == 0 || !read_number(in, kMicrosecond, sum) ||
      !read_number(in, kMicrosecond, most) || !sum || !most)
    return false;
  std::uint64_t bucket = 0;
  for (std::size_t i = 3; i < *size; i += 2) {
    const auto step = in.unsigned_integer(), held = in.unsigned_integer();
    if (!step || !held || *step > kMostBucket || (i > 3 && *step == 0)) return false;
    bucket += *step;
    if (bucket > kMostBucket) return false;
    read.buckets.push_back({static_cast<std::uint32_t>(bucket), *held});
  }
  read.count = *count;
  read.mean_seconds = *sum / static_cast<double>(*count);
  read.max_seconds = *most;
  latency.emplace();
  merge(*latency, read);  // finds the percentiles
  return true;
}

bool read_values(CborReader& in, HistoryKind kind, const HistoryLayout& layout,
                 std::vector<HistoryRow>& rows) {
  const auto& slots = layout.of(kind);
  const auto values = in.array();
  if (!values || *values != slots.size() * rows.size()) return false;
  for (HistoryRow& row : rows) row.values.resize(history_metrics(kind).size());
  for (const HistoryLayout::Slot& slot : slots)
    for (HistoryRow& row : rows) {
      std::optional<double> value;
      if (!read_number(in, slot.step, value)) return false;
      if (slot.place) row.values[*slot.place] = value;
    }
  return true;
}

bool read_pids(CborReader& in, std::vector<HistoryRow>& rows) {
  const auto pids = in.array();
  if (!pids || (*pids != 0 && *pids != 2 * rows.size())) return false;
  if (*pids == 0) return true;
  for (HistoryRow& row : rows) {
    const auto pid = in.unsigned_integer(), start = in.unsigned_integer();
    if (!pid || !start || *pid > UINT32_MAX) return false;
    row.pid = static_cast<std::uint32_t>(*pid);
    row.start_time_ns = *start;
  }
  return true;
}

bool read_table(CborReader& in, const HistoryLayout& layout,
                const std::function<HistoryNamePtr(std::uint64_t)>& name_of, HistoryTick& tick) {
  const auto parts = in.array();
  const auto number = in.unsigned_integer();
  if (!parts || *parts != 6 || !number || *number >= kHistoryKinds) return false;
  const auto kind = static_cast<HistoryKind>(*number);
  const auto count = in.array();
  if (!count || *count > kMostRows) return false;
  std::vector<HistoryRow> rows(*count);
  std::vector<std::uint64_t> ids;
  for (HistoryRow& row : rows) {
    const auto id = in.unsigned_integer();
    if (!id) return false;
    ids.push_back(*id);
    if (*id) row.name = name_of(*id);
  }
  const bool has_pids = read_pids(in, rows);
  const auto times = has_pids ? in.array() : std::nullopt;
  if (!times || *times != rows.size()) return false;
  for (HistoryRow& row : rows) {
    std::optional<double> seconds;
    if (!read_number(in, kMillisecond, seconds) || !seconds) return false;
    row.seconds = *seconds;
  }
  if (!read_values(in, kind, layout, rows)) return false;
  const auto latencies = in.array();
  if (!latencies || (*latencies != 0 && *latencies != rows.size())) return false;
  for (std::size_t place = 0; place < *latencies; place++)
    if (!read_latency(in, rows[place].latency)) return false;
  HistoryTable& table = tick.table(kind);
  for (std::size_t place = 0; place < rows.size(); place++) {
    if (ids[place] == 0)
      table.rest = std::move(rows[place]);
    else if (rows[place].name)
      table.rows.push_back(std::move(rows[place]));
  }
  return true;
}

}  // namespace

void HistoryPacker::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

void HistoryUnpacker::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

HistoryPacker::HistoryPacker() : context_(ZSTD_createCCtx()) {}

HistoryUnpacker::HistoryUnpacker() : context_(ZSTD_createDCtx()) {}

Result<PackedTick> HistoryPacker::pack(
    const HistoryTick& tick, const std::function<std::uint64_t(const HistoryNamePtr&)>& id_of) {
  PackedTick packed;
  CborWriter host;
  const HistoryRow* row = tick.host();
  const auto metrics = history_metrics(HistoryKind::kHost);
  host.array(2);
  host.array(metrics.size());
  for (std::size_t place = 0; place < metrics.size(); place++)
    write_number(host, row && place < row->values.size() ? row->values[place] : std::nullopt,
                 metrics[place].step);
  write_latency(host, row ? row->latency : std::nullopt);
  packed.host = host.take();

  CborWriter out;
  out.array(kHistoryKinds - 1);
  for (std::size_t number = 1; number < kHistoryKinds; number++) {
    const HistoryTable& table = tick.tables[number];
    std::vector<const HistoryRow*> rows;
    for (const HistoryRow& one : table.rows) rows.push_back(&one);
    if (table.rest) rows.push_back(&*table.rest);
    write_table(out, static_cast<HistoryKind>(number), rows, id_of);
  }
  const std::string& plain = out.data();
  packed.rows.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compressCCtx(context_.get(), packed.rows.data(), packed.rows.size(),
                                             plain.data(), plain.size(), kLevel);
  if (ZSTD_isError(size)) return fail(std::string("cannot pack: ") + ZSTD_getErrorName(size));
  packed.rows.resize(size);
  return packed;
}

Status HistoryUnpacker::unpack_host(std::string_view bytes, const HistoryLayout& layout,
                                    HistoryTick& tick) {
  CborReader in(bytes);
  const auto parts = in.array();
  std::vector<HistoryRow> rows(1);
  rows[0].seconds = tick.seconds;
  if (!parts || *parts != 2 || !read_values(in, HistoryKind::kHost, layout, rows) ||
      !read_latency(in, rows[0].latency) || !in.at_end())
    return bad();
  tick.table(HistoryKind::kHost).rows = std::move(rows);
  return {};
}

Status HistoryUnpacker::unpack_rows(std::string_view bytes, const HistoryLayout& layout,
                                    const std::function<HistoryNamePtr(std::uint64_t)>& name_of,
                                    HistoryTick& tick) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > kMostBytes) return bad();  // or one of zstd's two values for an error
  buffer_.resize(size);
  const std::size_t unpacked = ZSTD_decompressDCtx(context_.get(), buffer_.data(), buffer_.size(),
                                                   bytes.data(), bytes.size());
  if (ZSTD_isError(unpacked) || unpacked != size) return bad();
  CborReader in(buffer_);
  const auto tables = in.array();
  if (!tables || *tables >= kHistoryKinds) return bad();
  for (std::size_t table = 0; table < *tables; table++)
    if (!read_table(in, layout, name_of, tick)) return bad();
  return in.at_end() ? Status() : bad();
}

}  // namespace culprit
