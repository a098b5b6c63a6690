// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_report.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bpf/fact_table.h"

namespace culprit {
namespace {

using Json = nlohmann::ordered_json;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void add_once(std::vector<std::string>& words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

/// What this host's plan leaves culprit blind for, each thing once.
std::vector<std::string> losses(const LoadPlan& plan) {
  std::vector<std::string> lost;
  for (const PlannedProgram& program : plan.programs)
    if (!program.lost.empty()) add_once(lost, program.lost);
  return lost;
}

/// "; 2 probes WHAT: reason, reason", "" when there are none.
std::string probes_with(const LoadPlan& plan, Skip skip, const std::string& what) {
  std::vector<std::string> reasons;
  int count = 0;
  for (const PlannedProgram& program : plan.programs) {
    if (program.skip != skip || program.lost.empty()) continue;
    add_once(reasons, program.reason);
    count++;
  }
  if (!count) return "";
  return "; " + std::to_string(count) + (count == 1 ? " probe " : " probes ") + what + ": " +
         join(reasons);
}

void field(std::ostream& out, std::string_view name, const std::string& value) {
  out << "  " << std::left << std::setw(12) << name << value << '\n';
}

void write_host(std::ostream& out, const Facts& facts) {
  out << "\nhost\n";
  field(out, "kernel", facts.kernel + ' ' + facts.architecture);
  if (!facts.machine.empty()) field(out, "machine", facts.machine);
  std::string user = facts.root ? "root" : "not root: BPF needs it, so try sudo culprit doctor";
  if (facts.root && !facts.capabilities_missing.empty())
    user += " without " + join(facts.capabilities_missing);
  field(out, "user", user);
  if (facts.cgroup_version) {
    field(out, "controllers", facts.controllers.empty() ? "none" : join(facts.controllers));
    field(out, "units from", facts.unit_hierarchy + " hierarchy of cgroups");
  }
  field(out, "other BPF",
        !facts.other_bpf_users           ? "not shown without cap_sys_admin"
        : facts.other_bpf_users->empty() ? "none"
                                         : join(*facts.other_bpf_users));
}

void write_facts(std::ostream& out, const Facts& facts) {
  std::size_t width = 0;
  for (const FactRow& row : fact_table()) width = std::max(width, row.title.size());
  out << "\nfacts\n";
  for (const FactRow& row : fact_table()) {
    const Fact& fact = facts.*row.fact;
    out << "  " << (fact.available ? "yes  " : "no   ") << std::left
        << std::setw(static_cast<int>(width) + 2) << row.title << fact.detail << '\n';
  }
}

void write_plan(std::ostream& out, const LoadPlan& plan) {
  std::size_t width = 0, loaded = 0;
  for (const PlannedProgram& program : plan.programs) {
    width = std::max(width, program.attach.size());
    loaded += program.load;
  }
  out << "\nplan: "
      << (plan.bpf ? "BPF, " + std::to_string(loaded) + " programs"
                   : "no BPF, /proc only: " + plan.proc_reason)
      << '\n';
  if (!plan.bpf) return;
  for (const PlannedProgram& program : plan.programs) {
    std::ostringstream line;
    line << "  " << (program.load ? "load  " : "-     ") << std::left << std::setw(11)
         << program.family << std::setw(static_cast<int>(width) + 2) << program.attach
         << program.reason;
    std::string text = line.str();
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  }
}

void write_missing(std::ostream& out, const Diagnosis& diagnosis) {
  if (const std::vector<std::string> lost = losses(diagnosis.plan); !lost.empty()) {
    out << "\nculprit cannot tell on this host\n";
    for (const std::string& loss : lost) out << "  " << loss << '\n';
  }
  std::vector<MissingFact> missing = missing_facts(diagnosis.facts);
  if (!missing.empty()) out << "\nmissing\n";
  while (!missing.empty()) {
    const MissingFact first = missing.front();
    const auto alike = std::stable_partition(missing.begin(), missing.end(), [&](const auto& fact) {
      return fact.lost == first.lost && fact.how == first.how;
    });
    for (auto fact = missing.begin(); fact != alike; ++fact)
      out << "  " << fact->title << ": " << fact->detail << '\n';
    out << "    lost    " << first.lost << "\n    get it  " << first.how << '\n';
    missing.erase(missing.begin(), alike);
  }
}

void write_refusals(std::ostream& out, const std::vector<PythonRefusal>& refusals) {
  if (refusals.empty()) return;
  out << "\nPython processes whose tasks cannot be told\n";
  for (const PythonRefusal& refusal : refusals)
    out << "  " << std::left << std::setw(9) << refusal.pid << refusal.executable << ": "
        << refusal.reason << '\n';
}

Json facts_json(const Facts& facts) {
  Json json = {
      {"kernel", facts.kernel},
      {"architecture", facts.architecture},
      {"machine", facts.machine.empty() ? Json() : Json(facts.machine)},
      {"root", facts.root},
      {"cgroup_version", facts.cgroup_version},
      {"controllers", facts.controllers},
      {"unit_hierarchy", facts.unit_hierarchy.empty() ? Json() : Json(facts.unit_hierarchy)},
      {"capabilities_missing", facts.capabilities_missing},
      {"other_bpf_users", facts.other_bpf_users ? Json(*facts.other_bpf_users) : Json()}};
  for (const FactRow& row : fact_table()) {
    const Fact& fact = facts.*row.fact;
    json[std::string(row.id)] = {{"available", fact.available}, {"detail", fact.detail}};
  }
  return json;
}

Json program_json(const PlannedProgram& program) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"family", program.family},          {"program", program.program},
          {"attach", program.attach},          {"load", program.load},
          {"reason", or_null(program.reason)}, {"lost", or_null(program.lost)}};
}

}  // namespace

std::string doctor_verdict(const Diagnosis& diagnosis) {
  const LoadPlan& plan = diagnosis.plan;
  if (!plan.bpf) return "BPF cannot be used, culprit reads /proc only: " + plan.proc_reason;
  const std::vector<MissingFact> missing = missing_facts(diagnosis.facts);
  const std::size_t all = fact_table().size() + capability_table().size();
  const std::string count =
      std::to_string(missing.size()) + " of " + std::to_string(all) + " things are missing";
  if (losses(plan).empty())
    return missing.empty() ? "all probes can run"
                           : "all probes can run; " + count + ", but none that a probe needs";
  return count + probes_with(plan, Skip::kUnavailable, "cannot run") +
         probes_with(plan, Skip::kRefused, "switched off");
}

std::string doctor_text(const Diagnosis& diagnosis) {
  std::ostringstream out;
  out << doctor_verdict(diagnosis) << '\n';
  write_host(out, diagnosis.facts);
  write_facts(out, diagnosis.facts);
  write_plan(out, diagnosis.plan);
  write_missing(out, diagnosis);
  write_refusals(out, diagnosis.python_refusals);
  return out.str();
}

std::string doctor_json(const Diagnosis& diagnosis) {
  Json json = {{"schema", "culprit.doctor/1"},
               {"verdict", doctor_verdict(diagnosis)},
               {"mode", diagnosis.plan.bpf ? "bpf" : "proc"},
               {"facts", facts_json(diagnosis.facts)},
               {"plan", Json::array()},
               {"missing", Json::array()},
               {"python_refusals", Json::array()}};
  for (const PlannedProgram& program : diagnosis.plan.programs)
    json["plan"].push_back(program_json(program));
  for (const MissingFact& fact : missing_facts(diagnosis.facts))
    json["missing"].push_back(
        {{"fact", fact.fact}, {"detail", fact.detail}, {"lost", fact.lost}, {"how", fact.how}});
  for (const PythonRefusal& refusal : diagnosis.python_refusals)
    json["python_refusals"].push_back(
        {{"pid", refusal.pid}, {"executable", refusal.executable}, {"reason", refusal.reason}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace culprit
