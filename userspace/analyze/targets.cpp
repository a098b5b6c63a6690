// SPDX-License-Identifier: Apache-2.0
#include "analyze/targets.h"

#include <functional>

#include "model/field.h"
#include "model/key_hash.h"
#include "util/utf8.h"

namespace culprit {

Target target_of(const ProcessName& process) {
  return {TargetKind::kProcess, process.name, process.id.pid, process.id.start_time_ns, {}};
}

Target target_of(const ProcessRow& row) {
  return target_of(ProcessName{row.id, row.name});
}

Target target_of(const UnitRow& row) {
  return {TargetKind::kUnit, row.name, {}, {}, row.path};
}

Target target_of(const TaskRow& row) {
  return {TargetKind::kTask, plain_text(row.name), row.process.id.pid, row.process.id.start_time_ns,
          row.id};
}

Target target_of(const QueryRow& row) {
  const std::string text = row.text ? *row.text : row.operation.value_or("?");
  return {TargetKind::kQuery, plain_text(text), {}, {}, query_id_text(row.id)};
}

Target target_of(const EndpointRow& row) {
  return {TargetKind::kEndpoint,
          plain_text(row.method + " " + row.route),
          row.process.id.pid,
          row.process.id.start_time_ns,
          {}};
}

Target target_of(const DatabaseRow& row) {
  return {TargetKind::kDatabase, std::string(protocol_name(row.protocol)) + " " + row.address,
          row.server ? std::optional(row.server->id.pid) : std::nullopt,
          row.server ? std::optional(row.server->id.start_time_ns) : std::nullopt, row.address};
}

Target target_of(const ServiceRow& row) {
  return {TargetKind::kService, row.address, {}, {}, row.address};
}

Target target_of(const DiskRow& row) {
  return {TargetKind::kDevice, row.name, {}, {}, {}};
}

Target target_of(const FilesystemRow& row) {
  return {TargetKind::kFilesystem, row.mount, {}, {}, {}};
}

Target host_target(const Snapshot& snapshot) {
  return {TargetKind::kHost, snapshot.host.hostname, {}, {}, {}};
}

std::vector<Target> targets_of(const std::vector<ProcessName>& processes) {
  std::vector<Target> targets;
  for (const ProcessName& process : processes) targets.push_back(target_of(process));
  return targets;
}

std::vector<Target> targets_of(const std::vector<const ProcessRow*>& processes) {
  std::vector<Target> targets;
  for (const ProcessRow* process : processes) targets.push_back(target_of(*process));
  return targets;
}

std::vector<Target> targets_of(const std::vector<const ServiceRow*>& services) {
  std::vector<Target> targets;
  for (const ServiceRow* service : services) targets.push_back(target_of(*service));
  for (const ServiceRow* service : services)
    for (const ProcessName& user : service->users) targets.push_back(target_of(user));
  return targets;
}

std::string target_key(const Target& target) {
  std::string key(target_kind_name(target.kind));
  if (target.pid) key += ":" + std::to_string(*target.pid);
  if (target.start_time_ns) key += "." + std::to_string(*target.start_time_ns);
  return key + ":" + target.id.value_or(target.name);
}

std::size_t TargetHash::operator()(const Target& target) const {
  const std::string& last = target.id ? *target.id : target.name;
  return hash_numbers(static_cast<std::uint64_t>(target.kind), target.pid.value_or(0),
                      target.start_time_ns.value_or(0), std::hash<std::string_view>{}(last));
}

bool SameTarget::operator()(const Target& a, const Target& b) const {
  return a.kind == b.kind && a.pid == b.pid && a.start_time_ns == b.start_time_ns &&
         (a.id ? *a.id : a.name) == (b.id ? *b.id : b.name);
}

std::string target_text(const Target& target) {
  const std::string name = plain_text(target.name);
  if (target.kind != TargetKind::kProcess || !target.pid) return name;
  return name + " (" + std::to_string(*target.pid) + ")";
}

std::string plain_text(std::string_view text, std::size_t most) {
  // More than is kept need not be looked at.
  return shortened(one_line(text.substr(0, most * 2)), most);
}

}  // namespace culprit
