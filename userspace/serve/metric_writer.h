// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace culprit {

/// Labels as they stand in a line, escaped: `pid="1",name="init"`.
class MetricLabels {
 public:
  MetricLabels() = default;
  MetricLabels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
    for (const auto& [name, value] : labels) add(name, value);
  }
  void add(std::string_view name, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct MetricFamily {
  std::string name;       ///< ends in the unit, if there is one
  std::string_view type;  ///< "gauge", "counter" or "info"
  std::string unit;       ///< "" when it has none
  std::string_view help;
};

/// Writes OpenMetrics text. A family's head is written with its first sample, so that a
/// family without any leaves no trace.
class MetricWriter {
 public:
  /// All samples up to the next family belong to this one.
  void family(MetricFamily family);
  void sample(const MetricLabels& labels, double value);
  /// Absent: no line.
  void sample(const MetricLabels& labels, const std::optional<double>& value) {
    if (value) sample(labels, *value);
  }
  /// A family with one sample.
  void single(MetricFamily one, const std::optional<double>& value) {
    family(std::move(one));
    sample({}, value);
  }

  /// Ends the text and hands it over.
  std::string take();

 private:
  void head();

  std::string text_;
  MetricFamily family_;
  bool head_written_ = false;
};

}  // namespace culprit
