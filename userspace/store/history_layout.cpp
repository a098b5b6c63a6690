// SPDX-License-Identifier: Apache-2.0
#include "store/history_layout.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace culprit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostSlots = 256;

Result<HistoryLayout::Slot> parse_slot(HistoryKind kind, const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number())
    return misuse("expected [ID, STEP]");
  HistoryLayout::Slot slot;
  slot.place = history_metric(kind, pair[0].get_ref<const std::string&>());
  slot.step = pair[1].get<double>();
  if (!std::isfinite(slot.step) || slot.step <= 0) return misuse("expected a step above 0");
  return slot;
}

}  // namespace

HistoryLayout current_history_layout() {
  HistoryLayout layout;
  for (std::size_t kind = 0; kind < kHistoryKinds; kind++) {
    const auto metrics = history_metrics(static_cast<HistoryKind>(kind));
    for (std::size_t place = 0; place < metrics.size(); place++)
      layout.slots[kind].push_back({place, metrics[place].step});
  }
  return layout;
}

std::string current_history_layout_text() {
  Json document = Json::object();
  for (std::size_t number = 0; number < kHistoryKinds; number++) {
    const auto kind = static_cast<HistoryKind>(number);
    Json& list = document[std::string(history_kind_name(kind))] = Json::array();
    for (const HistoryMetric& metric : history_metrics(kind))
      list.push_back(Json::array({std::string(metric.id), metric.step}));
  }
  return document.dump();
}

Result<HistoryLayout> parse_history_layout(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return misuse("layout: expected a JSON object");
  HistoryLayout layout;
  for (std::size_t number = 0; number < kHistoryKinds; number++) {
    const auto kind = static_cast<HistoryKind>(number);
    const std::string name(history_kind_name(kind));
    const auto list = document.find(name);
    if (list == document.end()) continue;  // a kind that is newer than the file
    if (!list->is_array() || list->size() > kMostSlots)
      return misuse("layout: /" + name + ": expected a list of numbers");
    for (std::size_t place = 0; place < list->size(); place++) {
      const auto slot = parse_slot(kind, (*list)[place]);
      if (!slot)
        return misuse("layout: /" + name + "/" + std::to_string(place) + ": " +
                      slot.error().message);
      layout.slots[number].push_back(*slot);
    }
  }
  return layout;
}

}  // namespace culprit
