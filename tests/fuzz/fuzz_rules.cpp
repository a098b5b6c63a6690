// SPDX-License-Identifier: Apache-2.0
// The compiler of rules and thresholds: any file is compiled or refused in one line that names
// it, and what compiled can be held against a snapshot. Any text is read as a query for an
// index, and any document is held against thresholds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "analyze/gate.h"
#include "analyze/index_advice.h"
#include "analyze/judge.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

Snapshot small_snapshot() {
  Snapshot snapshot;
  snapshot.seconds = 1;
  snapshot.host.cpu_count = 1;
  snapshot.processes.resize(2);
  snapshot.processes[0].threads.resize(1);
  snapshot.units.resize(1);
  snapshot.tasks.resize(1);
  snapshot.queries.resize(1);
  snapshot.endpoints.resize(1);
  snapshot.databases.resize(1);
  snapshot.databases[0].pools.resize(1);
  snapshot.services.resize(1);
  snapshot.system.disks.resize(1);
  snapshot.system.filesystems.resize(1);
  return snapshot;
}

void compile(const std::string& text) {
  const RuleFile file{"fuzz.json", text};
  const auto compiled = compile_rule_file(file);
  if (!compiled) {
    const std::string& message = compiled.error().message;
    require(message.starts_with("fuzz.json: /"));
    require(message.find('\n') == std::string::npos);
    return;
  }
  auto set = RuleSet::compile(std::span(&file, 1));
  if (!set) return;
  Judge judge(std::make_shared<const RuleSet>(std::move(*set)));
  Snapshot snapshot = small_snapshot();
  for (int tick = 0; tick < 3; ++tick) judge.judge(snapshot);
}

void hold_against_thresholds(const std::string& text) {
  static const auto limits = compile_rule_file(shipped_thresholds())->thresholds;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return;
  require(!gate_verdict(measure(document, limits)).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  compile(text);
  hold_against_thresholds(text);
  index_columns(text);
  return 0;
}
