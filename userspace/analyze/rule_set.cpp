// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_set.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace culprit {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 1 << 20;  // of a file

Result<RuleFile> read_rule_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return misuse(path.string() + ": is no file");
  if (fs::file_size(path, error) > kMostBytes || error)
    return misuse(path.string() + ": " + (error ? error.message() : "larger than 1 MiB"));
  std::ifstream in(path, std::ios::binary);
  if (!in) return misuse(path.string() + ": " + std::strerror(errno));
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return misuse(path.string() + ": cannot be read");
  return RuleFile{path.string(), std::move(text)};
}

/// Puts the limit into every comparison of the field.
void set_limit(Condition& condition, const MetricLimit& limit, std::string_view field) {
  for (Condition& part : condition.parts) set_limit(part, limit, field);
  if (condition.kind != Condition::Kind::kComparison) return;
  Comparison& comparison = condition.comparison;
  const Comparator wanted = limit.metric->below ? Comparator::kBelow : Comparator::kAbove;
  if (comparison.comparator != wanted || comparison.field.of_host ||
      comparison.field.info().id != field)
    return;
  Thresholds& thresholds = comparison.thresholds;
  const bool has_info = !thresholds.for_any && thresholds.by_severity[0];
  thresholds.by_severity = {
      has_info ? std::optional(limit.warning * limit.metric->scale) : std::nullopt,
      limit.warning * limit.metric->scale, limit.critical * limit.metric->scale};
  thresholds.for_any = false;
  thresholds.clear.reset();
}

}  // namespace

Result<RuleSet> RuleSet::compile(std::span<const RuleFile> files) {
  RuleSet set;
  for (const RuleFile& file : files) {
    auto compiled = compile_rule_file(file);
    if (!compiled) return tl::unexpected<Error>(compiled.error());
    if (const Status added = set.add(std::move(*compiled), file.name); !added)
      return tl::unexpected<Error>(added.error());
  }
  std::erase_if(set.rules_, [&](const Rule& rule) {
    return std::find(set.silenced_.begin(), set.silenced_.end(), rule.id) != set.silenced_.end();
  });
  return set;
}

Status RuleSet::add(CompiledFile compiled, const std::string& file) {
  for (Rule& rule : compiled.rules) {
    const auto same = std::find_if(rules_.begin(), rules_.end(),
                                   [&](const Rule& other) { return other.id == rule.id; });
    if (same == rules_.end())
      rules_.push_back(std::move(rule));
    else
      *same = std::move(rule);
  }
  for (std::string& id : compiled.silenced) {
    if (!find(id)) return misuse(file + ": /silence: there is no rule '" + id + "'");
    silenced_.push_back(std::move(id));
  }
  for (const MetricLimit& limit : compiled.thresholds)
    for (Rule& rule : rules_)
      if (rule.id == limit.metric->rule) set_limit(rule.condition, limit, limit.metric->field);
  return {};
}

const Rule* RuleSet::find(std::string_view id) const {
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == rules_.end() ? nullptr : &*found;
}

const RuleSet& RuleSet::shipped() {
  static const RuleSet set = [] {
    auto compiled = compile(shipped_rule_files());
    if (!compiled) throw std::logic_error("shipped rules: " + compiled.error().message);
    return std::move(*compiled);
  }();
  return set;
}

Result<std::vector<RuleFile>> read_rule_files(const fs::path& directory) {
  std::vector<RuleFile> files;
  std::error_code error;
  if (!fs::exists(directory, error)) return files;
  std::vector<fs::path> paths;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error))
    if (entries->path().extension() == ".json") paths.push_back(entries->path());
  if (error) return misuse(directory.string() + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    auto file = read_rule_file(path);
    if (!file) return tl::unexpected<Error>(file.error());
    files.push_back(std::move(*file));
  }
  return files;
}

Result<std::vector<RuleFile>> read_rules_at(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return misuse(path.string() + ": is not there");
  if (fs::is_directory(path, error)) return read_rule_files(path);
  auto file = read_rule_file(path);
  if (!file) return tl::unexpected<Error>(file.error());
  return std::vector<RuleFile>{std::move(*file)};
}

Status RuleSource::reload() {
  auto own = read_rule_files(directory_);
  if (!own) return tl::unexpected<Error>(own.error());
  std::vector<RuleFile> files = shipped_rule_files();
  files.insert(files.end(), std::make_move_iterator(own->begin()),
               std::make_move_iterator(own->end()));
  auto compiled = RuleSet::compile(files);
  if (!compiled) return tl::unexpected<Error>(compiled.error());
  rules_ = std::make_shared<const RuleSet>(std::move(*compiled));
  return {};
}

}  // namespace culprit
