// SPDX-License-Identifier: Apache-2.0
#include "serve/metric_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "util/utf8.h"

namespace culprit {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char byte : to_utf8(text)) {
    if (byte == '\n') {
      out += "\\n";
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += byte;
    }
  }
}

std::string_view sample_suffix(std::string_view type) {
  if (type == "counter") return "_total";
  return type == "info" ? "_info" : "";
}

}  // namespace

void MetricLabels::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_ += name;
  text_ += "=\"";
  append_escaped(text_, value);
  text_ += '"';
}

void MetricWriter::family(MetricFamily family) {
  family_ = std::move(family);
  head_written_ = false;
}

void MetricWriter::head() {
  text_ += "# TYPE " + family_.name + ' ';
  text_ += family_.type;
  text_ += '\n';
  if (!family_.unit.empty()) text_ += "# UNIT " + family_.name + ' ' + family_.unit + '\n';
  text_ += "# HELP " + family_.name + ' ';
  append_escaped(text_, family_.help);
  text_ += '\n';
  head_written_ = true;
}

void MetricWriter::sample(const MetricLabels& labels, double value) {
  if (!std::isfinite(value)) return;
  if (!head_written_) head();
  text_ += family_.name;
  text_ += sample_suffix(family_.type);
  if (!labels.text().empty()) text_ += '{' + labels.text() + '}';
  std::array<char, 32> digits;  // holds any double in shortest form
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_ += ' ';
  text_.append(digits.data(), end);
  text_ += '\n';
}

std::string MetricWriter::take() {
  text_ += "# EOF\n";
  return std::exchange(text_, {});
}

}  // namespace culprit
