// SPDX-License-Identifier: Apache-2.0
#include "view/detail_findings.h"

#include <array>
#include <cstdio>

#include "util/rfc3339.h"
#include "view/finding_words.h"

namespace culprit {
namespace {

std::string figure(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

void write_evidence(Page& page, const Finding& finding) {
  static constexpr PageColumn kColumns[] = {{"VALUE", 12}, {"THRESHOLD", 12}, {"METRIC", 30}};
  std::vector<PageRow> rows;
  for (const Evidence& item : finding.evidence)
    rows.push_back({figure(item.value), item.threshold ? figure(*item.threshold) : "-",
                    item.metric + (item.unit.empty() ? "" : ", " + item.unit)});
  page.rule("What it rests on");
  page.table(kColumns, rows);
}

void write_advice(Page& page, const Recommendation& advice) {
  page.rule("What to do");
  page.wrapped(advice.description, kPlain, 3);
  for (const std::string& action : advice.actions) page.wrapped("- " + action, kBold, 3, 2);
  if (!advice.expected_impact.empty()) page.wrapped(advice.expected_impact, kPlain, 2);
  page.text("effort " + std::string(effort_name(advice.effort)) + ", priority " +
                std::string(priority_name(advice.priority)),
            kDim);
}

}  // namespace

Style severity_style(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return {.colour = Colour::kCyan};
    case Severity::kWarning:
      return {.colour = Colour::kYellow, .bold = true};
    case Severity::kCritical:
      return {.colour = Colour::kRed, .bold = true};
  }
  return kPlain;
}

void draw_finding(Canvas& canvas, Area area, const Snapshot& now, const Finding& finding) {
  canvas.fill(area.row, 0, canvas.width(), kReverse);
  canvas.put_cut(area.row, 1, finding.id + "  " + target_words(finding.target),
                 {.bold = true, .reverse = true}, canvas.width() - 2);
  Page page(canvas, {area.row + 1, area.column, area.width, area.height - 1});
  page.wrapped(finding.summary, severity_style(finding.severity), 3);
  page.text(std::string(severity_name(finding.severity)) + " since " +
                rfc3339(finding.since_wall_ns) + ", confidence " + figure(finding.confidence),
            kDim);
  std::string victims;
  for (const Target& victim : finding.victims)
    victims += (victims.empty() ? "Suffers: " : ", ") + target_words(victim);
  if (!victims.empty()) page.wrapped(victims, kPlain, 3);
  std::string symptoms;
  for (const std::string& id : finding.explains)
    symptoms += (symptoms.empty() ? "Explains: " : ", ") + id;
  if (!symptoms.empty()) page.wrapped(symptoms, kPlain, 2);
  page.skip_row();
  for (const Recommendation& advice : now.judgement->recommendations)
    if (advice.finding == finding.id && advice.target == finding.target) {
      write_advice(page, advice);
      page.skip_row();
      break;
    }
  write_evidence(page, finding);
}

}  // namespace culprit
