// SPDX-License-Identifier: Apache-2.0
#include "view/action_report.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "util/when.h"

namespace culprit {
namespace {

/// Names and commands may hold anything; a line stays a line.
std::string plain(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

void item(std::string& out, std::string_view label, const std::string& text) {
  if (text.empty()) return;
  constexpr std::size_t kLabelCells = 11;
  out +=
      "  " + std::string(label) + std::string(kLabelCells - label.size(), ' ') + plain(text) + '\n';
}

/// The label before the first of them.
void items(std::string& out, std::string_view label, const std::vector<std::string>& texts) {
  for (std::size_t index = 0; index < texts.size(); ++index)
    item(out, index == 0 ? label : "", texts[index]);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string percent_text(double ratio) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%+.0f %%", (ratio - 1) * 100);
  return text.data();
}

std::string target_text(const Action& action) {
  std::string text = action.target.kind + " " + action.target.name;
  if (action.target.pid) text += " (" + std::to_string(*action.target.pid) + ")";
  return text;
}

std::string measured_text(const MeasuredImpact& measured) {
  std::array<char, 240> text{};
  std::snprintf(
      text.data(), text.size(),
      "p95 %.1f ms before (median of %llu intervals), %.1f ms after (of %llu); rank test: "
      "%.2g that they do not differ",
      measured.before_seconds * 1e3, static_cast<unsigned long long>(measured.before_intervals),
      measured.after_seconds * 1e3, static_cast<unsigned long long>(measured.after_intervals),
      measured.chance);
  return text.data();
}

std::string change_text(const ActionChange& change) {
  std::string text = change.place + ": '" + change.old_value + "' to '" + change.intended + "'";
  if (!change.applied)
    text += "; whether it was written is not known";
  else if (*change.applied != change.intended)
    text += "; read back '" + *change.applied + "'";
  if (!change.undone.empty()) text += "; taken back: " + change.undone;
  return text;
}

void guards(std::string& out, const Action& action) {
  if (action.guards.empty()) return item(out, "guards", "not noted which were asked");
  item(out, "guards", "asked: " + joined(action.guards));
  if (action.state == "vetoed") return items(out, "against", action.reasons);
  if (action.overridden.empty()) return item(out, "", "nothing spoke against it");
  for (const std::string& said : action.overridden)
    item(out, "", "a person's word lifted: " + said);
}

std::string times_text(const Action& action) {
  if (!action.applied_wall_ns) return "";
  std::string text = local_time(*action.applied_wall_ns);
  if (action.ended_wall_ns) return text + " to " + local_time(*action.ended_wall_ns);
  if (action.deadline_wall_ns) text += " to " + local_time(*action.deadline_wall_ns) + " at most";
  return text;
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string target_text(const Target& target) {
  std::string text = std::string(target_kind_name(target.kind)) + " " + target.name;
  if (target.pid) text += " (" + std::to_string(*target.pid) + ")";
  return text;
}

void finding(std::string& out, const Finding& found, const Snapshot& snapshot) {
  out += found.id + ": " + plain(found.summary) + '\n';
  item(
      out, "severity",
      std::string(severity_name(found.severity)) + ", confidence " + number_text(found.confidence));
  item(out, "of", target_text(found.target));
  item(out, "since", local_time(found.since_wall_ns));
  std::vector<std::string> texts;
  for (const Evidence& evidence : found.evidence)
    texts.push_back(evidence.metric + " " + number_text(evidence.value) +
                    (evidence.unit.empty() ? "" : " " + evidence.unit) +
                    (evidence.threshold ? ", threshold " + number_text(*evidence.threshold) : ""));
  items(out, "evidence", texts);
  texts.clear();
  for (const Target& victim : found.victims) texts.push_back(target_text(victim));
  items(out, "harms", texts);
  item(out, "explains", joined(found.explains));
  for (const Recommendation& one : snapshot.judgement->recommendations) {
    if (one.finding != found.id || !(one.target == found.target)) continue;
    item(out, "to do", one.description);
    item(out, "brings", one.expected_impact);
    if (!one.action) {
      item(out, "culprit", "can do nothing about it itself");
      continue;
    }
    item(out, "culprit",
         one.action->knob + ": " + one.action->new_text +
             (one.action->old_text.empty() ? "" : "; now " + one.action->old_text));
    guards(out, *one.action);
    if (one.action->state == "proposed") item(out, "how", "culprit apply '" + one.id + "'");
  }
}

}  // namespace

std::string impact_text(const Action& action) {
  const auto achieved = action.measured ? action.measured->p95_ratio() : std::nullopt;
  if (!action.expected.p95_ratio && !achieved) return "";
  return "expected " +
         (action.expected.p95_ratio ? percent_text(*action.expected.p95_ratio)
                                    : std::string("nothing that was measured")) +
         ", achieved " + (achieved ? percent_text(*achieved) : std::string("not known")) +
         " of the victim's p95";
}

std::string actions_report(const std::vector<Action>& actions) {
  std::string out;
  for (const Action& action : actions) {
    out += (action.applied_wall_ns ? local_time(*action.applied_wall_ns) : "not done") + "  " +
           action.id + "  " + action.state + "  " + action.mode + "  " + plain(action.target.name) +
           ": " + action.knob + ": " + action.new_text + '\n';
    const auto line = [&](const char* head, const std::string& text) {
      if (!text.empty()) out += "    " + std::string(head) + plain(text) + '\n';
    };
    line("before: ", action.old_text);
    line("for: ", action.victim);
    for (const std::string& reason : action.reasons) line("because: ", reason);
    line("counted: ", action.account);
    line("impact: ", impact_text(action));
    if (action.verdict) line("verdict: ", *action.verdict + ": " + action.verdict_because);
    if (action.state == "active" && action.deadline_wall_ns)
      line("until: ", local_time(*action.deadline_wall_ns) + "; undo: " + action.undo);
    if (action.state == "kept") line("until: ", "the host is started anew; undo: " + action.undo);
    if (action.state == "ended")
      line("ended: ", (action.ended_wall_ns ? local_time(*action.ended_wall_ns) + ": " : "") +
                          action.ended_because);
  }
  return out;
}

std::string action_report(const Action& action) {
  std::string out = action.id + ": " + action.state + ", " + plain(target_text(action)) + '\n';
  item(out, "what",
       action.knob + ": " + (action.old_text.empty() ? "" : action.old_text + " to ") +
           action.new_text);
  item(out, "by",
       action.mode + (action.consent == "auto" ? "; the engine may do it by itself"
                                               : "; takes a person's word"));
  item(out, "for", action.victim);
  if (action.state != "vetoed") items(out, "evidence", action.reasons);
  guards(out, action);
  std::vector<std::string> written;
  for (const ActionChange& change : action.changes) written.push_back(change_text(change));
  if (action.changes_left_out > 0)
    written.push_back("and " + std::to_string(action.changes_left_out) + " more");
  items(out, "written", written);
  item(out, "when", times_text(action));
  item(out, "expected", action.expected.text);
  item(out, "counted", action.account);
  item(out, "impact", impact_text(action));
  item(out, "verdict",
       action.verdict ? *action.verdict + ": " + action.verdict_because
       : action.state == "active" && !action.victim.empty() ? "not yet"
                                                            : "");
  if (action.measured) item(out, "measured", measured_text(*action.measured));
  item(out, "ended", action.ended_because);
  item(out, "undo", action.undo);
  return out;
}

std::string finding_report(const Snapshot& snapshot, const std::string& id) {
  std::string out;
  if (!snapshot.judgement) return out;
  for (const Finding& found : snapshot.judgement->findings) {
    if (found.id != id) continue;
    if (!out.empty()) out += '\n';
    finding(out, found, snapshot);
  }
  return out;
}

}  // namespace culprit
