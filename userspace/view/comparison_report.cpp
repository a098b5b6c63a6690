// SPDX-License-Identifier: Apache-2.0
#include "view/comparison_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "util/utf8.h"
#include "view/finding_words.h"
#include "view/format.h"
#include "view/text_line.h"

namespace culprit {
namespace {

using document::Document;
using document::Tone;

constexpr std::size_t kSameShown = 20, kUnknownShown = 10, kBarsShown = 12;
constexpr std::size_t kNameBytes = 160;
constexpr double kNotableRatio = 0.25;  // of what cannot be told from noise

std::string change_percent(const Compared& number) {
  if (number.before <= 0) return "new";
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%+.0f %%", 100 * (number.after / number.before - 1));
  return text.data();
}

std::string value_text(double value, const Compared& number) {
  if (number.unit == "cpus") return format_percent(100 * value) + " %";
  return number.unit.empty() ? format_count(value) : evidence_words(value, number.unit);
}

/// "latency p95", "CPU", as one says it.
std::string metric_text(const Compared& number) {
  if (number.metric == "cpu_cores") return "CPU";
  if (number.metric == "latency.p50_seconds") return "latency p50";
  if (number.metric == "latency.p95_seconds") return "latency p95";
  if (number.metric == "calls_per_request") return "calls per request";
  if (number.metric == "error_ratio") return "errors";
  return number.kind == TargetKind::kQuery ? "calls per second" : "requests per second";
}

std::string probability_text(const Compared& number) {
  if (!number.probability) return "-";
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), *number.probability < 0.001 ? "%.0e" : "%.3f",
                *number.probability);
  return text.data();
}

std::string name_text(const Compared& number) {
  return shortened(std::string(target_kind_name(number.kind)) + " " + one_line(number.name),
                   kNameBytes);
}

std::string analysis_text(const ComparedAnalysis& analysis) {
  std::array<char, 64> length;
  std::snprintf(length.data(), length.size(), "%.1f s in %zu %s", analysis.seconds,
                analysis.intervals, analysis.intervals == 1 ? "interval" : "intervals");
  return one_line(analysis.file) + ": " + one_line(analysis.hostname) + " from " +
         one_line(analysis.start) + ", " + length.data();
}

std::size_t count(const BeforeAfter& comparison, Change change) {
  const auto is = [&](const auto& held) { return held.change == change; };
  return static_cast<std::size_t>(
      std::count_if(comparison.numbers.begin(), comparison.numbers.end(), is) +
      std::count_if(comparison.findings.begin(), comparison.findings.end(), is));
}

/// "2 worse, 1 better", or that nothing differs.
std::string outcome_text(const BeforeAfter& comparison) {
  if (comparison.same()) return "no difference beyond noise";
  std::string text;
  for (const Change change : {Change::kWorse, Change::kBetter, Change::kDifferent})
    if (const std::size_t number = count(comparison, change))
      text += (text.empty() ? "" : ", ") + std::to_string(number) + " " +
              std::string(change_name(change));
  return text;
}

std::string score_text(const BeforeAfter& comparison) {
  const auto told = [](const std::optional<double>& score) {
    return score ? std::to_string(std::lround(*score)) : std::string("-");
  };
  return told(comparison.before.score) + " → " + told(comparison.after.score);
}

/// What makes the two hard to compare at all.
std::vector<std::string> reservations(const BeforeAfter& comparison) {
  std::vector<std::string> list;
  const ComparedAnalysis &before = comparison.before, &after = comparison.after;
  if (before.hostname != after.hostname)
    list.push_back("The hosts differ: " + one_line(before.hostname) + " and " +
                   one_line(after.hostname) + ".");
  if (before.cpu_count != after.cpu_count)
    list.push_back("The hosts have " + format_count(before.cpu_count) + " and " +
                   format_count(after.cpu_count) + " CPUs.");
  if (before.kernel != after.kernel)
    list.push_back("The kernels differ: " + one_line(before.kernel) + " and " +
                   one_line(after.kernel) + ".");
  if (std::min(before.intervals, after.intervals) < 6)
    list.push_back(
        "With fewer than 6 intervals each, changes in CPU use and in the number of requests "
        "cannot be told from noise: compare recordings, or what culprit export wrote.");
  return list;
}

bool is_notable(const Compared& number) {
  const double least = std::min(number.before, number.after);
  return number.change == Change::kUnknown &&
         std::fabs(number.after - number.before) >= kNotableRatio * least;
}

document::Table numbers_table(const BeforeAfter& comparison, auto&& picked, std::size_t most) {
  document::Table table{{{"What", false, true},
                         {"Number"},
                         {"Before", true},
                         {"After", true},
                         {"Change", true},
                         {"Verdict"},
                         {"By chance", true}},
                        {}};
  std::size_t left_out = 0;
  for (const Compared& number : comparison.numbers) {
    if (!picked(number)) continue;
    if (table.rows.size() == most) {
      ++left_out;
      continue;
    }
    table.rows.push_back({name_text(number), metric_text(number), value_text(number.before, number),
                          value_text(number.after, number), change_percent(number),
                          std::string(change_name(number.change)), probability_text(number)});
  }
  if (left_out > 0) table.note = "and " + std::to_string(left_out) + " more";
  return table;
}

bool is_different(const Compared& number) {
  return number.change < Change::kSame;
}

document::Card finding_card(const FindingChange& change) {
  document::Card card;
  card.tone = change.change == Change::kWorse    ? Tone::kCritical
              : change.change == Change::kBetter ? Tone::kGood
                                                 : Tone::kInfo;
  card.badge = !change.before  ? "appeared"
               : !change.after ? "went"
                               : std::string(change_name(change.change));
  card.title = change.summary;
  std::string note = change.id + " of " + std::string(target_kind_name(change.kind)) + " " +
                     shortened(change.name, kNameBytes);
  if (change.before && change.after)
    note += ": " + std::string(severity_name(*change.before)) + " before, " +
            std::string(severity_name(*change.after)) + " after";
  else
    note += ", " + std::string(severity_name(change.after ? *change.after : *change.before));
  card.notes.push_back(std::move(note));
  return card;
}

/// p50 of what was answered and asked, before above after.
document::BarChart latency_chart(const BeforeAfter& comparison) {
  document::BarChart chart{"Latency p50, before and after", {"before", "after"}, {}};
  for (const Compared& number : comparison.numbers) {
    if (number.metric != "latency.p50_seconds") continue;
    if (chart.bars.size() + 2 > kBarsShown) break;
    chart.bars.push_back({name_text(number), {number.before}, value_text(number.before, number)});
    chart.bars.push_back(
        {"",
         {0, number.after},
         value_text(number.after, number) + ", " + std::string(change_name(number.change))});
  }
  return chart;
}

void write_findings(std::string& out, const BeforeAfter& comparison) {
  for (const FindingChange& change : comparison.findings) {
    const document::Card card = finding_card(change);
    out += "  " + card.badge + "  " + one_line(card.title) + "\n      " +
           one_line(card.notes.front()) + "\n";
  }
}

void write_numbers(std::string& out, const BeforeAfter& comparison, auto&& picked,
                   std::size_t most) {
  std::size_t shown = 0;
  for (const Compared& number : comparison.numbers) {
    if (!picked(number)) continue;
    if (shown++ == most) {
      out += "  …\n";
      break;
    }
    line(out, "  %-9s %-19s %9s → %-9s %7s  %s", std::string(change_name(number.change)).c_str(),
         metric_text(number).c_str(), value_text(number.before, number).c_str(),
         value_text(number.after, number).c_str(), change_percent(number).c_str(),
         name_text(number).c_str());
  }
}

}  // namespace

Document comparison_document(const BeforeAfter& comparison) {
  Document out{"Before and after: " + outcome_text(comparison),
               "Before: " + analysis_text(comparison.before) +
                   ". After: " + analysis_text(comparison.after) + ".",
               {}};
  const Tone tone = comparison.regressed() ? Tone::kCritical : Tone::kGood;
  out.blocks.push_back(document::Tiles{
      {"Verdict", outcome_text(comparison), "", {}, comparison.same() ? Tone::kPlain : tone},
      {"Score", score_text(comparison), "of 100", {}, Tone::kPlain},
      {"Compared",
       std::to_string(comparison.numbers.size()) + " numbers",
       std::to_string(count(comparison, Change::kSame)) + " do not differ, " +
           std::to_string(count(comparison, Change::kUnknown)) + " cannot be told",
       {},
       Tone::kPlain}});
  for (std::string& text : reservations(comparison))
    out.blocks.push_back(document::Paragraph{std::move(text)});
  if (!comparison.findings.empty()) {
    out.blocks.push_back(document::Heading{"Findings that came or went"});
    for (const FindingChange& change : comparison.findings)
      out.blocks.push_back(finding_card(change));
  }
  if (auto table = numbers_table(comparison, is_different, comparison.numbers.size());
      !table.rows.empty()) {
    out.blocks.push_back(document::Heading{"What differs beyond noise"});
    out.blocks.push_back(std::move(table));
  }
  if (auto chart = latency_chart(comparison); !chart.bars.empty()) {
    out.blocks.push_back(document::Heading{"Latency"});
    out.blocks.push_back(std::move(chart));
  }
  if (auto table = numbers_table(comparison, is_notable, kUnknownShown); !table.rows.empty()) {
    out.blocks.push_back(document::Heading{"What may differ"});
    out.blocks.push_back(
        document::Paragraph{"Too little was seen to tell these changes from noise."});
    out.blocks.push_back(std::move(table));
  }
  const auto is_same = [](const Compared& number) { return number.change == Change::kSame; };
  if (auto table = numbers_table(comparison, is_same, kSameShown); !table.rows.empty()) {
    out.blocks.push_back(document::Heading{"What does not differ beyond noise"});
    out.blocks.push_back(std::move(table));
  }
  out.blocks.push_back(document::Paragraph{
      "A number differs when chance alone would make such a difference in less than 1 of 100 "
      "comparisons, all numbers taken together, and when it is 10 % or more and beyond twice what "
      "its values differ among themselves. CPU is in percent of one CPU."});
  return out;
}

std::string comparison_text(const BeforeAfter& comparison) {
  std::string out = "Verdict  " + outcome_text(comparison) + "; score " + score_text(comparison) +
                    "; " + std::to_string(comparison.numbers.size()) + " numbers compared\n";
  out += "Before   " + analysis_text(comparison.before) + "\n";
  out += "After    " + analysis_text(comparison.after) + "\n";
  for (const std::string& text : reservations(comparison)) out += "Mind     " + text + "\n";
  if (!comparison.findings.empty()) out += "\nFindings that came or went\n";
  write_findings(out, comparison);
  if (std::any_of(comparison.numbers.begin(), comparison.numbers.end(), is_different)) {
    out += "\nWhat differs beyond noise\n";
    write_numbers(out, comparison, is_different, comparison.numbers.size());
  }
  if (std::any_of(comparison.numbers.begin(), comparison.numbers.end(), is_notable)) {
    out += "\nWhat may differ: too little was seen to tell it from noise\n";
    write_numbers(out, comparison, is_notable, kUnknownShown);
  }
  return out;
}

}  // namespace culprit
