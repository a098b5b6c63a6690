// SPDX-License-Identifier: Apache-2.0
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::counter;
using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using A = AllowanceRow;
using C = CacheScanRow;
using G = StartGroupRow;

constexpr std::size_t kMembersTold = 6;

std::vector<RuleField<A>> allowance_fields() {
  return {
      {text("device", "interface or disk"),
       [](const A& row, const Situation&) { return Value(row.device); }},
      {text("name", "the counter, as the driver names it"),
       [](const A& row, const Situation&) { return Value(row.name); }},
      {counter("count", Unit::kCount, "packets of an interface, microseconds of a disk"),
       [](const A& row, const Situation&) { return Value(row.count); }},
      {text("disk_users", "who reads and writes most, and waits for it"),
       [](const A&, const Situation& s) {
         std::string names;
         const auto bytes = [](const ProcessRow& row) {
           return static_cast<double>(
               row.usage.read_bytes.value_or(0) + row.usage.write_bytes.value_or(0) +
               row.usage.receive_bytes.value_or(0) + row.usage.transmit_bytes.value_or(0));
         };
         for (const ProcessRow* row : heaviest(s.snapshot(), 1, bytes)) {
           names += (names.empty() ? "" : ", ") + target_text(target_of(*row));
           if (std::count(names.begin(), names.end(), ',') >= 2) break;
         }
         return names.empty() ? Value() : Value(names);
       }},
  };
}

std::vector<Target> held_back(const A& row, const Situation&) {
  return {{TargetKind::kDevice, row.device, {}, {}, row.device + ":" + row.name}};
}

std::vector<RuleField<C>> cache_scan_fields() {
  return {
      {text("scanner.name", "who reads"),
       [](const C& row, const Situation&) { return Value(row.scanner->name); }},
      {text("scanner.unit", "its unit"),
       [](const C& row, const Situation&) {
         return row.scanner->unit ? Value(*row.scanner->unit) : Value();
       }},
      {gauge("read_bytes", Unit::kBytes, "read from disks in the last minute"),
       [](const C& row, const Situation&) { return Value(row.read_bytes); }},
      {gauge("memory_bytes", Unit::kBytes, "memory that it shares with those who suffer"),
       [](const C& row, const Situation&) { return Value(row.memory_bytes); }},
      {gauge("read_ratio", Unit::kRatio, "what it read, as a share of that"),
       [](const C& row, const Situation&) { return ratio(row.read_bytes, row.memory_bytes); }},
      {counter("victim_refaults", Unit::kCount, "pages that they had to read again"),
       [](const C& row, const Situation&) { return Value(row.refaults); }},
      {gauge("victim_wait_ratio", Unit::kRatio,
             "longest that one of them waited for a disk, of the interval"),
       [](const C& row, const Situation&) { return Value(row.wait_ratio); }},
  };
}

std::vector<RuleField<G>> start_group_fields() {
  return {
      {gauge("tasks", Unit::kCount, "background tasks that start together"),
       [](const G& row, const Situation&) { return Value(std::uint64_t{row.members.size()}); }},
      {text("names", "their names"),
       [](const G& row, const Situation&) {
         std::string names;
         for (std::size_t i = 0; i < row.members.size() && i < kMembersTold; ++i)
           names += (names.empty() ? "" : ", ") + plain_text(row.members[i].name, 48);
         return Value(names);
       }},
      {gauge("times", Unit::kCount, "how often they were seen to"),
       [](const G& row, const Situation&) { return Value(row.times); }},
      {gauge("spread_seconds", Unit::kLatency, "from the first start to the last"),
       [](const G& row, const Situation&) { return Value(row.spread_seconds); }},
      {gauge("wait_ratio_then", Unit::kRatio,
             "longest that one who answers waited for a CPU, as they started"),
       [](const G& row, const Situation&) { return Value(row.wait_ratio_then); }},
      {gauge("wait_ratio_else", Unit::kRatio, "the same, at other times"),
       [](const G& row, const Situation&) { return Value(row.wait_ratio_else); }},
      {gauge("wait_factor", Unit::kCount, "how many times longer that is; 100 at most"),
       [](const G& row, const Situation&) {
         return Value(std::min(100.0, row.wait_ratio_then / std::max(0.001, row.wait_ratio_else)));
       }},
  };
}

std::vector<Target> first_member(const G& row, const Situation&) {
  const G::Member& member = row.members.front();
  return {{TargetKind::kTask, plain_text(member.name), member.process.id.pid,
           member.process.id.start_time_ns, member.id}};
}

}  // namespace

const Table& allowance_table() {
  static const RowTable<A> table(
      "allowance",
      [](const Situation& s) { return std::span<const A>(s.snapshot().system.allowances); }, {},
      allowance_fields(), {{"self", held_back}});
  return table;
}

const Table& cache_scan_table() {
  static const RowTable<C> table(
      "cache_scan", [](const Situation& s) { return s.cache_scans(); }, {}, cache_scan_fields(),
      {{"self",
        [](const C& row, const Situation&) { return std::vector{target_of(*row.scanner)}; }},
       {"victims", [](const C& row, const Situation&) { return targets_of(row.victims); }}});
  return table;
}

const Table& start_group_table() {
  static const RowTable<G> table(
      "start_group",
      [](const Situation& s) { return std::span<const G>(s.snapshot().start_groups); }, {},
      start_group_fields(), {{"self", first_member}});
  return table;
}

}  // namespace culprit
