// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "analyze/rule_compiler.h"

namespace culprit {
namespace {

constexpr double kMostNumber = 1e18;
constexpr std::size_t kMostDepth = 8;

constexpr std::array<std::string_view, 6> kComparators = {"above",  "below", "between",
                                                          "rising", "is",    "is_not"};

Result<Thresholds> compile_thresholds_at(const JsonPlace& place, bool falling) {
  Thresholds thresholds;
  if (place.json().is_number()) {
    const auto number = place.number(-kMostNumber, kMostNumber);
    if (!number) return tl::unexpected<Error>(number.error());
    thresholds.by_severity[0] = *number;
    thresholds.for_any = true;
    return thresholds;
  }
  if (!place.json().is_object())
    return place.wrong("a number, or an object of info, warning, critical and clear, was expected");
  if (const Status known = place.keys({"info", "warning", "critical", "clear"}); !known)
    return tl::unexpected<Error>(known.error());
  constexpr std::array kSeverities = {"info", "warning", "critical"};
  std::optional<double> before;
  for (std::size_t level = 0; level < kSeverities.size(); ++level) {
    if (!place.has(kSeverities[level])) continue;
    const JsonPlace at = place[kSeverities[level]];
    const auto number = at.number(-kMostNumber, kMostNumber);
    if (!number) return tl::unexpected<Error>(number.error());
    if (before && (falling ? *number > *before : *number < *before))
      return at.wrong("a number that is no milder than that of the severity before was expected");
    thresholds.by_severity[level] = before = *number;
  }
  if (!before) return place.wrong("one of info, warning, critical was expected");
  if (!place.has("clear")) return thresholds;
  const auto clear = place["clear"].number(-kMostNumber, kMostNumber);
  if (!clear) return tl::unexpected<Error>(clear.error());
  const double strictest = *thresholds.at(Severity::kCritical);
  if (falling ? *clear < strictest : *clear > strictest)
    return place["clear"].wrong("a number that is milder than the thresholds was expected");
  thresholds.clear = *clear;
  return thresholds;
}

Status compile_between(const JsonPlace& place, Comparison& comparison) {
  if (!place.json().is_array() || place.json().size() != 2)
    return place.wrong("an array of two numbers was expected");
  const auto least = place[std::size_t{0}].number(-kMostNumber, kMostNumber);
  if (!least) return tl::unexpected<Error>(least.error());
  const auto most = place[std::size_t{1}].number(*least, kMostNumber);
  if (!most) return tl::unexpected<Error>(most.error());
  comparison.least = *least;
  comparison.most = *most;
  return {};
}

Status compile_texts(const JsonPlace& place, Comparison& comparison) {
  if (place.json().is_string()) {
    const auto text = place.text();
    if (!text) return tl::unexpected<Error>(text.error());
    comparison.texts = {*text};
    return {};
  }
  const auto elements = place.elements();
  if (!elements) return place.wrong("a text, or an array of texts, was expected");
  for (const JsonPlace& element : *elements) {
    const auto text = element.text();
    if (!text) return tl::unexpected<Error>(text.error());
    comparison.texts.push_back(*text);
  }
  return {};
}

Status compile_rising(const JsonPlace& place, const Table& table, Comparison& comparison,
                      std::size_t& rising) {
  if (!place.has("over")) return place.wrong("the key over is missing: how far rising looks back");
  const auto over = place["over"].duration();
  if (!over) return tl::unexpected<Error>(over.error());
  comparison.over_seconds = *over;
  comparison.number = rising++;
  if (!place.has("part_of")) return {};
  const auto whole = compile_number_field(place["part_of"], table);
  if (!whole) return tl::unexpected<Error>(whole.error());
  comparison.part_of = *whole;
  return {};
}

Result<std::size_t> comparator_of(const JsonPlace& place) {
  std::optional<std::size_t> found;
  for (std::size_t index = 0; index < kComparators.size(); ++index) {
    if (!place.has(kComparators[index].data())) continue;
    if (found) return place.wrong("one comparison was expected, not two");
    found = index;
  }
  if (!found) return place.wrong("one of above, below, between, rising, is, is_not was expected");
  return *found;
}

Result<Comparison> compile_comparison(const JsonPlace& place, const Table& table,
                                      std::size_t& rising) {
  if (const Status known = place.keys(
          {"field", "above", "below", "between", "rising", "is", "is_not", "over", "part_of"}, 1);
      !known)
    return tl::unexpected<Error>(known.error());
  const auto index = comparator_of(place);
  if (!index) return tl::unexpected<Error>(index.error());
  Comparison comparison;
  comparison.comparator = static_cast<Comparator>(*index);
  const bool text =
      comparison.comparator == Comparator::kIs || comparison.comparator == Comparator::kIsNot;
  const auto field = compile_field(place["field"], table);
  if (!field) return tl::unexpected<Error>(field.error());
  comparison.field = *field;
  if (field->info().is_text != text)
    return place["field"].wrong(text ? "a field that holds text was expected"
                                     : "a field that holds numbers was expected");
  if (comparison.comparator != Comparator::kRising && (place.has("over") || place.has("part_of")))
    return place.wrong("over and part_of belong to rising");
  const JsonPlace bound = place[kComparators[*index].data()];
  Status done;
  switch (comparison.comparator) {
    case Comparator::kRising:
      done = compile_rising(place, table, comparison, rising);
      if (!done) break;
      [[fallthrough]];
    case Comparator::kAbove:
    case Comparator::kBelow: {
      auto thresholds = compile_thresholds_at(bound, comparison.comparator == Comparator::kBelow);
      if (!thresholds) return tl::unexpected<Error>(thresholds.error());
      comparison.thresholds = *thresholds;
      break;
    }
    case Comparator::kBetween:
      done = compile_between(bound, comparison);
      break;
    case Comparator::kIs:
    case Comparator::kIsNot:
      done = compile_texts(bound, comparison);
      break;
  }
  if (!done) return tl::unexpected<Error>(done.error());
  return comparison;
}

Result<Condition> compile_at(const JsonPlace& place, const Table& table, std::size_t& rising,
                             std::size_t depth) {
  constexpr std::array<std::pair<const char*, Condition::Kind>, 3> kGroups = {{
      {"all", Condition::Kind::kAll},
      {"any", Condition::Kind::kAny},
      {"none", Condition::Kind::kNone},
  }};
  if (depth > kMostDepth) return place.wrong("conditions are nested too deeply");
  Condition condition;
  for (const auto& [key, kind] : kGroups) {
    if (!place.has(key)) continue;
    if (const Status known = place.keys({key}); !known) return tl::unexpected<Error>(known.error());
    const auto parts = place[key].elements();
    if (!parts) return tl::unexpected<Error>(parts.error());
    condition.kind = kind;
    for (const JsonPlace& part : *parts) {
      auto compiled = compile_at(part, table, rising, depth + 1);
      if (!compiled) return compiled;
      condition.parts.push_back(std::move(*compiled));
    }
    return condition;
  }
  auto comparison = compile_comparison(place, table, rising);
  if (!comparison) return tl::unexpected<Error>(comparison.error());
  condition.kind = Condition::Kind::kComparison;
  condition.comparison = std::move(*comparison);
  return condition;
}

}  // namespace

Result<Condition> compile_condition(const JsonPlace& place, const Table& table,
                                    std::size_t& rising) {
  return compile_at(place, table, rising, 0);
}

Result<FieldRef> compile_field(const JsonPlace& place, const Table& table) {
  const auto text = place.text();
  if (!text) return tl::unexpected<Error>(text.error());
  std::string_view id = *text;
  FieldRef ref{&table, 0, false, false};
  if (id.ends_with("/s")) {
    ref.per_second = true;
    id.remove_suffix(2);
  }
  if (id.starts_with("host.") && &table != &host_table()) {
    ref.of_host = true;
    ref.table = &host_table();
    id.remove_prefix(5);
  }
  const auto field = ref.table->field(id);
  if (!field)
    return place.wrong("no field '" + std::string(id) + "' of " + std::string(ref.table->name()) +
                       "; culprit rules list --fields tells them");
  ref.field = *field;
  if (ref.per_second && ref.info().kind != FieldKind::kCounter)
    return place.wrong("'" + std::string(id) + "' is no amount: it has no rate");
  return ref;
}

Result<FieldRef> compile_number_field(const JsonPlace& place, const Table& table) {
  auto field = compile_field(place, table);
  if (field && field->info().is_text) return place.wrong("a field that holds numbers was expected");
  return field;
}

}  // namespace culprit
