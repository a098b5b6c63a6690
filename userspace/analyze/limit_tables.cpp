// SPDX-License-Identifier: Apache-2.0
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using L = ProcessLimitRow;
using P = PortUseRow;
using S = SettingRow;

std::vector<RuleField<L>> process_limit_fields() {
  return {
      {text("whose", "unit, user or host that the limit is for"),
       [](const L& row, const Situation&) { return Value(row.whose); }},
      {text("limit_name", "what sets it"),
       [](const L& row, const Situation&) { return Value(row.limit_name); }},
      {gauge("used", Unit::kCount, "processes and threads there are"),
       [](const L& row, const Situation&) { return Value(row.used); }},
      {gauge("limit", Unit::kCount, "and may be"),
       [](const L& row, const Situation&) { return Value(row.limit); }},
      {gauge("used_ratio", Unit::kRatio, "share of the limit that is used"),
       [](const L& row, const Situation&) { return ratio(row.used, row.limit); }},
      {text("holders", "names of processes that have most of them, with how many"),
       [](const L& row, const Situation&) {
         return row.holders.empty() ? Value() : Value(row.holders);
       }},
  };
}

std::vector<Target> limited(const L& row, const Situation& situation) {
  if (row.unit) return {target_of(*row.unit)};
  if (row.most) return {target_of(*row.most)};
  return {host_target(situation.snapshot())};
}

std::vector<RuleField<P>> port_fields() {
  return {
      {text("local", "address of this host"),
       [](const P& row, const Situation&) { return Value(row.local); }},
      {text("remote", "address and port elsewhere"),
       [](const P& row, const Situation&) { return Value(row.remote); }},
      {gauge("used", Unit::kCount, "local ports that connections between them take"),
       [](const P& row, const Situation&) { return Value(row.used); }},
      {gauge("time_wait", Unit::kCount, "of those, of connections that are closed already"),
       [](const P& row, const Situation&) { return Value(row.time_wait); }},
      {gauge("available", Unit::kCount, "local ports there are to choose from"),
       [](const P& row, const Situation&) { return Value(row.available); }},
      {gauge("used_ratio", Unit::kRatio, "share of the ports that is used"),
       [](const P& row, const Situation&) { return ratio(row.used, row.available); }},
  };
}

std::vector<Target> connected(const P& row, const Situation&) {
  return {{TargetKind::kService, row.remote, {}, {}, row.remote}};
}

/// Those that are known to connect there.
std::vector<Target> connecting(const P& row, const Situation& situation) {
  for (const ServiceRow& service : situation.snapshot().services)
    if (service.address == row.remote) return targets_of(service.users);
  return {};
}

std::vector<RuleField<S>> setting_fields() {
  return {
      {text("name", "name of the setting, as sysctl has it"),
       [](const S& row, const Situation&) { return Value(std::string(row.name)); }},
      {gauge("value", Unit::kNone, "its value"),
       [](const S& row, const Situation&) { return Value(row.value); }},
      {text("advice", "the value that would do, or what to set in its place"),
       [](const S& row, const Situation&) { return Value(row.advice); }},
      {text("why", "what suffers from it now"),
       [](const S& row, const Situation&) { return Value(row.why); }},
      {gauge("grade", Unit::kNone,
             "1: worth a look, 2: it does harm, 3: something is about to fail"),
       [](const S& row, const Situation&) { return Value(static_cast<std::uint64_t>(row.grade)); }},
  };
}

std::vector<Target> set_on(const S& row, const Situation& situation) {
  Target target = host_target(situation.snapshot());
  target.id = std::string(row.name);
  return {target};
}

}  // namespace

const Table& process_limit_table() {
  static const RowTable<L> table("process_limit",
                                 [](const Situation& s) { return s.process_limits(); }, {},
                                 process_limit_fields(), {{"self", limited}});
  return table;
}

const Table& port_table() {
  static const RowTable<P> table(
      "port", [](const Situation& s) { return std::span<const P>(s.snapshot().system.ports); }, {},
      port_fields(), {{"self", connected}, {"users", connecting}});
  return table;
}

const Table& setting_table() {
  static const RowTable<S> table(
      "setting", [](const Situation& s) { return s.settings(); }, {}, setting_fields(),
      {{"self", set_on},
       {"victims", [](const S& row, const Situation&) { return targets_of(row.victims); }}});
  return table;
}

}  // namespace culprit
