// SPDX-License-Identifier: Apache-2.0
#include "bpf/load_plan.h"

#include <algorithm>
#include <sstream>

#include "bpf/fact_table.h"
#include "bpf/program_table.h"

namespace culprit {
namespace {

/// What is refused, and which programs are asked for.
struct Wishes {
  const std::set<std::string>&without, &asked;
};

std::string lack(const FactRow& row, const Facts& facts) {
  const std::string& detail = (facts.*row.fact).detail;
  if (detail.rfind("--without", 0) == 0) return detail;
  return "no " + std::string(row.title) + (detail.empty() ? "" : ": " + detail);
}

std::string refusal(std::string_view feature) {
  return "--without " + std::string(feature);
}

Skip skip_for(const std::string& reason) {
  return reason.rfind("--without", 0) == 0 ? Skip::kRefused : Skip::kUnavailable;
}

/// Why BPF cannot be used at all, "" when it can. The listing of threads carries the rest.
std::string reason_for_proc(const Facts& facts, const std::set<std::string>& without) {
  for (const char* feature : {"bpf", "thread"})
    if (without.count(feature)) return refusal(feature);
  for (const FactRow& row : fact_table()) {
    if (row.use != FactUse::kEssential || (facts.*row.fact).available) continue;
    std::string reason = lack(row, facts);
    if (!row.privileged || may_use_bpf(facts)) return reason;
    return reason + (facts.root ? " (cap_bpf and cap_perfmon are needed)" : " (root is needed)");
  }
  return "";
}

/// The reason why a single program cannot be loaded, "" when it can.
std::string reason_against(const ProgramRow& row, const Facts& facts,
                           const std::set<std::string>& without) {
  // What stands in for another family is refused with it.
  const std::string_view family = row.family == "call_syscalls" ? "call" : row.family;
  if (without.count(std::string(family))) return refusal(family);
  for (Fact Facts::*need : row.needs) {
    if ((facts.*need).available) continue;
    for (const FactRow& fact : fact_table())
      if (fact.fact == need) return lack(fact, facts);
  }
  return "";
}

/// The first of `names` that is loaded, "" when none is.
std::string loaded_among(std::string_view names, const LoadPlan& plan) {
  std::istringstream words{std::string(names)};
  for (std::string word; words >> word;)
    if (plan.loads_program(word)) return word;
  return "";
}

/// Why none of `names` is loaded: what is said of the first.
std::string reason_for_none(std::string_view names, const LoadPlan& plan) {
  const std::string_view first = names.substr(0, names.find(' '));
  for (const PlannedProgram& planned : plan.programs)
    if (planned.program == first) return planned.reason;
  return "";
}

/// `plan` holds the programs above it.
PlannedProgram plan_program(const ProgramRow& row, const LoadPlan& plan, const Facts& facts,
                            const Wishes& wishes) {
  PlannedProgram planned;
  planned.family = row.family;
  planned.program = row.program;
  planned.attach = row.attach;
  planned.on_demand = row.on_demand;
  planned.reason = plan.bpf ? reason_against(row, facts, wishes.without) : plan.proc_reason;
  if (planned.reason.empty() && !row.beside.empty() && loaded_among(row.beside, plan).empty())
    planned.reason = reason_for_none(row.beside, plan);
  if (const std::string other = loaded_among(row.instead, plan); !other.empty()) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not needed: " + other + " is loaded";
  } else if (!planned.reason.empty()) {
    planned.skip = skip_for(planned.reason);
    planned.lost = row.lost;
  } else if (row.on_request && !wishes.asked.count(std::string(row.program))) {
    planned.skip = Skip::kNotNeeded;
    planned.reason = "not asked for";
  }
  planned.load = planned.skip == Skip::kNone;
  return planned;
}

std::vector<Feature> make_features() {
  std::vector<Feature> all = {
      {"bpf", "BPF as a whole: read /proc only"},
      {"thread", "listing of threads by BPF; without it, no BPF at all"},
      {"sched", "who delays whom, and why threads are blocked"},
      {"lifecycle", "short-lived processes"},
      {"memory", "reclaim and OOM kills"},
      {"block", "disk latency"},
      {"network", "bytes and connections by process"},
      {"call", "calls to databases and caches, HTTP requests"},
      {"tls", "what these are when they go over TLS (OpenSSL)"},
      {"python", "tasks inside Python processes"},
      {"asyncio", "which of them started others; their exact CPU time"},
      {"stack", "stacks (culprit flame)"},
      {"sync", "how long fsync takes"},
  };
  for (const FactRow& row : fact_table())
    if (row.use != FactUse::kOther) all.push_back({row.id, row.title});
  return all;
}

}  // namespace

bool LoadPlan::loads(std::string_view family) const {
  return std::any_of(programs.begin(), programs.end(), [&](const PlannedProgram& planned) {
    return planned.load && planned.family == family;
  });
}

bool LoadPlan::loads_program(std::string_view program) const {
  return std::any_of(programs.begin(), programs.end(), [&](const PlannedProgram& planned) {
    return planned.load && planned.program == program;
  });
}

const std::vector<Feature>& features() {
  static const std::vector<Feature> all = make_features();
  return all;
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (const Feature& feature : features()) names.emplace_back(feature.name);
  return names;
}

Result<std::set<std::string>> parse_features(const std::vector<std::string>& values) {
  const std::vector<std::string> names = feature_names();
  std::set<std::string> without;
  for (const std::string& value : values) {
    std::stringstream words(value + ",");
    for (std::string word; std::getline(words, word, ',');) {
      if (std::find(names.begin(), names.end(), word) == names.end()) {
        std::string known;
        for (const std::string& name : names) known.append(known.empty() ? "" : ", ").append(name);
        return misuse("--without '" + word + "': no such feature; known are " + known);
      }
      without.insert(word);
    }
  }
  return without;
}

Facts refuse(Facts facts, const std::set<std::string>& without) {
  for (const FactRow& row : fact_table())
    if (without.count(std::string(row.id))) facts.*row.fact = {false, refusal(row.id)};
  return facts;
}

LoadPlan make_load_plan(const Facts& probed, const std::set<std::string>& without,
                        const std::set<std::string>& asked) {
  const Facts facts = refuse(probed, without);
  LoadPlan plan;
  plan.proc_reason = reason_for_proc(facts, without);
  plan.bpf = plan.proc_reason.empty();
  plan.one_link = facts.uprobe_multi.available;
  for (const ProgramRow& row : program_table())
    plan.programs.push_back(plan_program(row, plan, facts, {without, asked}));
  for (std::size_t i = 0; i < plan.programs.size(); i++)
    if (!loaded_among(program_table()[i].substitute, plan).empty()) plan.programs[i].lost.clear();
  return plan;
}

}  // namespace culprit
