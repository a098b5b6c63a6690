// SPDX-License-Identifier: Apache-2.0
#include "view/text_findings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "util/rfc3339.h"

namespace culprit {
namespace {

constexpr std::size_t kFindingsShown = 10;
constexpr std::size_t kRecommendationsShown = 5;
constexpr std::size_t kVictimsShown = 5;
constexpr std::size_t kWidth = 100;

/// Text over several lines, the later ones indented.
void write_wrapped(std::string& out, std::string_view head, std::string_view text) {
  const std::string indent(head.size(), ' ');
  std::string_view before = head;
  while (!text.empty()) {
    const std::size_t room = kWidth > head.size() + 20 ? kWidth - head.size() : 20;
    std::size_t end = text.size();
    if (end > room) {
      end = text.rfind(' ', room);
      // A word longer than the line stays whole.
      if (end == std::string_view::npos || end == 0) end = text.find(' ');
      if (end == std::string_view::npos) end = text.size();
    }
    out.append(before).append(text.substr(0, end)).append("\n");
    text.remove_prefix(end);
    while (text.starts_with(' ')) text.remove_prefix(1);
    before = indent;
  }
}

std::string victims_of(const Finding& finding) {
  std::string list;
  for (std::size_t index = 0; index < finding.victims.size() && index < kVictimsShown; ++index) {
    const Target& victim = finding.victims[index];
    list += (list.empty() ? "" : ", ") + victim.name;
    if (victim.kind == TargetKind::kProcess && victim.pid)
      list += " (" + std::to_string(*victim.pid) + ")";
  }
  if (finding.victims.size() > kVictimsShown)
    list += " and " + std::to_string(finding.victims.size() - kVictimsShown) + " more";
  return list;
}

void write_finding(std::string& out, const Finding& finding) {
  std::string head = "  " + std::string(severity_name(finding.severity));
  head.resize(12, ' ');
  write_wrapped(out, head, finding.summary);
  std::string about = finding.id + ", since " + rfc3339(finding.since_wall_ns);
  if (const std::string victims = victims_of(finding); !victims.empty())
    about += "; suffers: " + victims;
  for (const std::string& symptom : finding.explains) about += "; explains " + symptom;
  write_wrapped(out, std::string(12, ' '), about);
}

void write_recommendation(std::string& out, const Recommendation& recommendation,
                          std::size_t number) {
  const std::string head = "  " + std::to_string(number) + ". ";
  write_wrapped(out, head,
                recommendation.description + " [" +
                    std::string(priority_name(recommendation.priority)) + " priority, " +
                    std::string(effort_name(recommendation.effort)) + " effort]");
  const std::string indent(head.size(), ' ');
  for (const std::string& action : recommendation.actions)
    write_wrapped(out, indent + "- ", action);
  if (!recommendation.expected_impact.empty())
    write_wrapped(out, indent + "= ", recommendation.expected_impact);
}

}  // namespace

std::string verdict_line(const Judgement& judgement) {
  std::array<std::size_t, 3> counts{};
  for (const Finding& finding : judgement.findings)
    counts[static_cast<std::size_t>(finding.severity)]++;
  std::string line = "score " + std::to_string(std::lround(judgement.score.value));
  if (judgement.findings.empty()) return line + ": nothing is wrong";
  const char* before = ": ";
  for (const Severity severity : {Severity::kCritical, Severity::kWarning, Severity::kInfo}) {
    const std::size_t count = counts[static_cast<std::size_t>(severity)];
    if (count == 0) continue;
    line += before + std::to_string(count) + " " + std::string(severity_name(severity));
    before = ", ";
  }
  return line;
}

void write_findings(std::string& out, const Snapshot& snapshot) {
  if (!snapshot.judgement) return;
  const Judgement& judgement = *snapshot.judgement;
  out += "Verdict  " + verdict_line(judgement) + "\n";
  const auto& findings = judgement.findings;
  for (std::size_t index = 0; index < findings.size() && index < kFindingsShown; ++index)
    write_finding(out, findings[index]);
  if (findings.size() > kFindingsShown)
    out += "  and " + std::to_string(findings.size() - kFindingsShown) + " more (--format json)\n";
  const auto& recommendations = judgement.recommendations;
  if (!recommendations.empty()) out += "\nWhat to do\n";
  for (std::size_t index = 0; index < recommendations.size() && index < kRecommendationsShown;
       ++index)
    write_recommendation(out, recommendations[index], index + 1);
  out += '\n';
}

}  // namespace culprit
