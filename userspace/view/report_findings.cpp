// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "util/rfc3339.h"
#include "view/finding_words.h"
#include "view/format.h"
#include "view/report_parts.h"

namespace culprit::report_parts {
namespace {

using document::Document;

constexpr std::size_t kVictimsShown = 5;
constexpr double kSeenShare = 0.01;  // of the interval: below it a delay is not told

std::string victims_of(const Finding& finding) {
  std::string list;
  for (std::size_t index = 0; index < std::min(finding.victims.size(), kVictimsShown); ++index)
    list += (list.empty() ? "" : ", ") + target_words(finding.victims[index]);
  if (finding.victims.size() > kVictimsShown)
    list += " and " + std::to_string(finding.victims.size() - kVictimsShown) + " more";
  return list;
}

bool is_told(const std::vector<document::Fact>& facts, const std::string& name) {
  return std::any_of(facts.begin(), facts.end(),
                     [&](const document::Fact& fact) { return fact.name == name; });
}

document::Card card_of(const Finding& finding) {
  document::Card card;
  card.tone = tone_of(finding.severity);
  card.badge = severity_name(finding.severity);
  card.title = finding.summary;
  card.notes.push_back(finding.id + " of " + target_words(finding.target) + ", since " +
                       rfc3339(finding.since_wall_ns) + ", confidence " +
                       format_percent(100 * finding.confidence) + " %");
  if (const std::string victims = victims_of(finding); !victims.empty())
    card.notes.push_back("Suffers: " + victims);
  std::string symptoms;
  for (const std::string& id : finding.explains) symptoms += (symptoms.empty() ? "" : ", ") + id;
  if (!symptoms.empty()) card.notes.push_back("Explains: " + symptoms);
  for (const Evidence& item : finding.evidence) {
    // What is told for its own sake may be what a threshold was held against.
    if (!item.threshold && is_told(card.facts, item.metric)) continue;
    card.facts.push_back({item.metric, evidence_words(item.value, item.unit),
                          item.threshold ? evidence_words(*item.threshold, item.unit) : ""});
  }
  return card;
}

/// One line a finding that harms somebody else than its own target.
document::Table causes(const std::vector<Finding>& findings) {
  document::Table table{{{"Who causes it"}, {"What", false, true}, {"Who suffers"}}, {}};
  for (const Finding& finding : findings)
    if (std::string victims = victims_of(finding); !victims.empty())
      table.rows.push_back({target_words(finding.target), finding.id, std::move(victims)});
  return table;
}

struct Delay {
  const ProcessRow* victim;
  const DelayedBy* suspect;
};

std::vector<Delay> delays_of(const Snapshot& snapshot) {
  std::vector<Delay> delays;
  for (const ProcessRow& victim : snapshot.processes)
    for (const DelayedBy& suspect : victim.delayed_by)
      if (suspect.pid != victim.id.pid && suspect.seconds >= snapshot.seconds * kSeenShare)
        delays.push_back({&victim, &suspect});
  std::sort(delays.begin(), delays.end(),
            [](const Delay& a, const Delay& b) { return a.suspect->seconds > b.suspect->seconds; });
  if (delays.size() > kRowsShown) delays.resize(kRowsShown);
  return delays;
}

void who(Document& out, const Snapshot& snapshot) {
  document::Table table = causes(snapshot.judgement->findings);
  const std::vector<Delay> delays = delays_of(snapshot);
  if (table.rows.empty() && delays.empty()) return;
  out.blocks.push_back(document::Heading{"Who causes, who suffers"});
  if (!table.rows.empty()) out.blocks.push_back(std::move(table));
  if (delays.empty()) return;
  document::Table waits{{{"Waited", true}, {"Who waited for a CPU"}, {"Who had it meanwhile"}}, {}};
  for (const Delay& delay : delays)
    waits.rows.push_back({format_latency(delay.suspect->seconds),
                          delay.victim->name + " (" + std::to_string(delay.victim->id.pid) + ")",
                          delay.suspect->name + " (" + std::to_string(delay.suspect->pid) + ")"});
  out.blocks.push_back(document::Subheading{"Who waited for whom",
                                            "time ready to run while the other ran on that CPU"});
  out.blocks.push_back(std::move(waits));
}

}  // namespace

void findings(Document& out, const Snapshot& snapshot) {
  const auto& found = snapshot.judgement->findings;
  out.blocks.push_back(document::Heading{"What is wrong"});
  if (found.empty())
    out.blocks.push_back(document::Paragraph{
        "Nothing: no rule found anything in this interval. A host that is full while nobody "
        "waits is at work, not ill."});
  for (const Finding& finding : found) out.blocks.push_back(card_of(finding));
  who(out, snapshot);
}

}  // namespace culprit::report_parts
