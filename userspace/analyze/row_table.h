// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analyze/table.h"
#include "analyze/targets.h"

namespace culprit {

/// A field that only rules ask for; those of top and JSON are in model/fields_*.cpp.
template <typename Row>
struct RuleField {
  FieldInfo info;
  Value (*get)(const Row&, const Situation&);
};

template <typename Row>
struct Relation {
  std::string_view name;
  std::vector<Target> (*get)(const Row&, const Situation&);
};

/// A table over rows of one type: fields that it shares with the model, and its own.
template <typename Row>
class RowTable final : public Table {
 public:
  using Rows = std::span<const Row> (*)(const Situation&);

  RowTable(std::string_view table_name, Rows all, std::span<const Field<Row>> shared,
           std::vector<RuleField<Row>> own, std::vector<Relation<Row>> related_to)
      : name_(table_name),
        rows_(all),
        shared_(shared),
        own_(std::move(own)),
        relations_(std::move(related_to)) {
    for (const Field<Row>& field : shared_)
      fields_.push_back({field.id, field.unit, field.kind, is_text(field), field.help});
    for (const RuleField<Row>& field : own_) fields_.push_back(field.info);
    for (const Relation<Row>& relation : relations_) relation_names_.push_back(relation.name);
  }

  std::string_view name() const override { return name_; }
  std::size_t rows(const Situation& situation) const override { return rows_(situation).size(); }
  std::span<const FieldInfo> fields() const override { return fields_; }
  Value value(const Situation& situation, std::size_t row, std::size_t field) const override {
    const Row& held = rows_(situation)[row];
    return field < shared_.size() ? shared_[field].get(held, situation.seconds())
                                  : own_[field - shared_.size()].get(held, situation);
  }
  std::span<const std::string_view> relations() const override { return relation_names_; }
  std::vector<Target> related(const Situation& situation, std::size_t row,
                              std::size_t relation) const override {
    return relations_[relation].get(rows_(situation)[row], situation);
  }

 private:
  static bool is_text(const Field<Row>& field) {
    return field.kind == FieldKind::kLabel && field.unit == Unit::kNone &&
           !field.id.ends_with("pid") && !field.id.ends_with("tid") && field.id != "source.line";
  }

  std::string_view name_;
  Rows rows_;
  std::span<const Field<Row>> shared_;
  std::vector<RuleField<Row>> own_;
  std::vector<Relation<Row>> relations_;
  std::vector<FieldInfo> fields_;
  std::vector<std::string_view> relation_names_;
};

/// The relation of a row to itself, by which most rules name their target.
template <typename Row>
Relation<Row> self_relation() {
  return {"self", [](const Row& row, const Situation&) { return std::vector{target_of(row)}; }};
}

namespace rule_field {

// What most fields of rules are: a number at the end of the interval, or a text.
constexpr FieldInfo gauge(std::string_view id, Unit unit, std::string_view help) {
  return {id, unit, FieldKind::kGauge, false, help};
}
constexpr FieldInfo counter(std::string_view id, Unit unit, std::string_view help) {
  return {id, unit, FieldKind::kCounter, false, help};
}
constexpr FieldInfo text(std::string_view id, std::string_view help) {
  return {id, Unit::kNone, FieldKind::kLabel, true, help};
}

/// part / whole; absent when the whole is nothing.
inline Value ratio(double part, double whole) {
  return whole > 0 ? Value(part / whole) : Value();
}
inline Value ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

}  // namespace rule_field
}  // namespace culprit
