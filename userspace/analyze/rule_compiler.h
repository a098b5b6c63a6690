// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyze/json_place.h"
#include "analyze/rule.h"
#include "analyze/thresholds.h"
#include "util/result.h"

namespace culprit {

/// A file of rules as text; the name is for errors.
struct RuleFile {
  std::string name, text;
};

/// What a file holds, compiled.
struct CompiledFile {
  std::vector<Rule> rules;
  std::vector<std::string> silenced;    ///< ids of rules that are not to speak
  std::vector<MetricLimit> thresholds;  ///< of a file in the users' own form
};

/// Compiles {"rules": [...], "silence": [...]} or a file of thresholds, strictly: unknown keys,
/// fields and texts are misuse, told in one line with file, JSON pointer and what was expected.
Result<CompiledFile> compile_rule_file(const RuleFile& file);

/// The condition of a rule on `table`; `rising` counts its comparisons that look back.
Result<Condition> compile_condition(const JsonPlace& place, const Table& table,
                                    std::size_t& rising);
/// "latency.p95_seconds", "calls/s", "host.cpu.utilization_ratio".
Result<FieldRef> compile_field(const JsonPlace& place, const Table& table);
/// A field that holds numbers.
Result<FieldRef> compile_number_field(const JsonPlace& place, const Table& table);
/// Text with {field}, {target} and {victims} in it; {{ and }} are braces.
Result<Template> compile_template(const JsonPlace& place, const Table& table);

}  // namespace culprit
