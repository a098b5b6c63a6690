// SPDX-License-Identifier: Apache-2.0
#include "act/journal_record.h"

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "collect/text_scan.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxChanges = 100'000;

/// A line that we did not write.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string line(const json& record) {
  return record.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json place_json(const Place& place) {
  json out{{"kind", place_kind_name(place.kind)}};
  if (!is_of_thread(place.kind)) {
    out.update({{"directory", place.directory}, {"inode", place.inode}, {"file", place.file}});
    if (place.kind == PlaceKind::kOwnCgroup) out["home"] = place.home;
    if (place.kind == PlaceKind::kUnitProperty) out["unit"] = place.unit;
  } else {
    out.update({{"pid", place.thread.pid},
                {"tid", place.thread.tid},
                {"start_ticks", place.thread.start_ticks}});
  }
  return out;
}

// Members of a record; what is missing or of another kind is thrown, by nlohmann or by us, and
// makes the line unreadable.

std::string text(const json& record, const char* key) {
  return record.at(key).get<std::string>();
}

template <typename T>
T number(const json& record, const char* key) {
  const json& value = record.at(key);
  if (!value.is_number_integer()) throw Unreadable(key);
  return value.get<T>();
}

/// A path of a cgroup, and a name in it, that lead nowhere else.
bool is_plain(const Place& place) {
  const auto absolute = [](const std::string& path) {
    return path.starts_with('/') && path.find("/../") == std::string::npos &&
           !path.ends_with("/..") && path.find('\0') == std::string::npos;
  };
  const auto named = [](const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name != ".." && name != "." &&
           name.find('\0') == std::string::npos;
  };
  return absolute(place.directory) && named(place.file) &&
         (place.kind != PlaceKind::kOwnCgroup || absolute(place.home)) &&
         (place.kind != PlaceKind::kUnitProperty || named(place.unit));
}

/// Not negative; absent where it is missing.
std::optional<double> optional_amount(const json& record, const char* key) {
  if (!record.contains(key)) return std::nullopt;
  const double value = record.at(key).get<double>();
  if (!(value >= 0 && value < 1e9)) throw Unreadable(key);
  return value;
}

std::vector<std::string> texts(const json& record, const char* key) {
  if (!record.contains(key)) return {};
  return record.at(key).get<std::vector<std::string>>();
}

std::optional<MeasuredImpact> parse_measured(const json& record) {
  if (!record.contains("measured")) return std::nullopt;
  const json& held = record.at("measured");
  MeasuredImpact measured;
  measured.before_seconds = optional_amount(held, "before_seconds").value_or(0);
  measured.after_seconds = optional_amount(held, "after_seconds").value_or(0);
  measured.before_intervals = number<std::uint64_t>(held, "before_intervals");
  measured.after_intervals = number<std::uint64_t>(held, "after_intervals");
  measured.chance = optional_amount(held, "chance").value_or(1);
  return measured;
}

Place parse_place(const json& record) {
  Place place;
  const auto kind = place_kind(text(record, "kind"));
  if (!kind) throw Unreadable("kind");
  place.kind = *kind;
  if (!is_of_thread(place.kind)) {
    place.directory = text(record, "directory");
    place.inode = number<std::uint64_t>(record, "inode");
    place.file = text(record, "file");
    if (place.kind == PlaceKind::kOwnCgroup) place.home = text(record, "home");
    if (place.kind == PlaceKind::kUnitProperty) place.unit = text(record, "unit");
    if (!is_plain(place)) throw Unreadable("directory");
  } else {
    place.thread = {number<std::uint32_t>(record, "pid"), number<std::uint32_t>(record, "tid"),
                    number<std::uint64_t>(record, "start_ticks")};
  }
  return place;
}

Lease parse_lease(const json& record) {
  Lease lease;
  lease.id = text(record, "id");
  lease.boot_id = text(record, "boot_id");
  const json& target = record.at("target");
  lease.target.kind = text(target, "kind");
  lease.target.name = text(target, "name");
  if (target.contains("pid")) lease.target.pid = number<std::uint32_t>(target, "pid");
  if (target.contains("start_time_ns"))
    lease.target.start_time_ns = number<std::uint64_t>(target, "start_time_ns");
  lease.victim = text(record, "victim");
  lease.by = text(record, "by");
  lease.reason = text(record, "reason");
  lease.knob = text(record, "knob");
  lease.old_text = text(record, "old");
  lease.new_text = text(record, "new");
  lease.undo_text = text(record, "undo");
  lease.begun_ns = number<std::uint64_t>(record, "begun_ns");
  lease.deadline_ns = number<std::uint64_t>(record, "deadline_ns");
  lease.applied_wall_ns = number<std::int64_t>(record, "applied_wall_ns");
  lease.deadline_wall_ns = number<std::int64_t>(record, "deadline_wall_ns");
  lease.keeper = {number<std::uint32_t>(record, "keeper_pid"),
                  number<std::uint64_t>(record, "keeper_start_ticks")};
  lease.expected.text = record.value("expected", "");
  lease.expected.p95_ratio = optional_amount(record, "expected_p95_ratio");
  lease.guards = texts(record, "guards");
  lease.overridden = texts(record, "overridden");
  // Journals of before 2026-11-26 have none.
  lease.kept = record.contains("kept") && record.at("kept").get<bool>();
  return lease;
}

/// Puts the lines of a journal together.
class Replay {
 public:
  void take(const json& record) {
    const std::string kind = text(record, "record");
    if (kind == "lease") return begin(parse_lease(record));
    Lease& lease = leases_.at(index_.at(text(record, "id")));
    if (kind == "intent")
      intend(lease, record);
    else if (kind == "applied")
      change(lease, record).applied = text(record, "value");
    else if (kind == "undone")
      take_back(change(lease, record), record);
    else if (kind == "renewed")
      renew(lease, record);
    else if (kind == "verdict")
      judge(lease, record);
    else if (kind == "closed")
      close(lease, record);
    else
      throw Unreadable("record");
  }
  std::vector<Lease> leases() && { return std::move(leases_); }

 private:
  void begin(Lease lease) {
    if (!index_.try_emplace(lease.id, leases_.size()).second) throw Unreadable("id");
    leases_.push_back(std::move(lease));
  }
  static void intend(Lease& lease, const json& record) {
    if (number<std::size_t>(record, "change") != lease.changes.size() ||
        lease.changes.size() >= kMaxChanges)
      throw Unreadable("change");
    ValueChange change;
    change.place = parse_place(record.at("place"));
    change.old_value = text(record, "old");
    change.intended = text(record, "intended");
    change.goes_with_cgroup = record.at("goes_with_cgroup").get<bool>();
    lease.changes.push_back(std::move(change));
  }
  static ValueChange& change(Lease& lease, const json& record) {
    return lease.changes.at(number<std::size_t>(record, "change"));
  }
  static void take_back(ValueChange& change, const json& record) {
    const auto outcome = undo_outcome(text(record, "outcome"));
    if (!outcome) throw Unreadable("outcome");
    change.undone = Undone{*outcome, text(record, "detail")};
  }
  static void renew(Lease& lease, const json& record) {
    const auto deadline = number<std::uint64_t>(record, "deadline_ns");
    lease.deadline_wall_ns = number<std::int64_t>(record, "deadline_wall_ns");
    lease.deadline_ns = deadline;
  }
  static void judge(Lease& lease, const json& record) {
    std::string verdict = text(record, "verdict");
    auto measured = parse_measured(record);
    lease.verdict_because = text(record, "because");
    lease.measured = measured;
    lease.verdict = std::move(verdict);
  }
  static void close(Lease& lease, const json& record) {
    std::string because = text(record, "because");
    lease.closed_wall_ns = number<std::int64_t>(record, "wall_ns");
    lease.closed_because = because.empty() ? "closed" : std::move(because);
  }

  std::vector<Lease> leases_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

std::string lease_line(const Lease& lease) {
  json target{{"kind", lease.target.kind}, {"name", lease.target.name}};
  if (lease.target.pid) target["pid"] = *lease.target.pid;
  if (lease.target.start_time_ns) target["start_time_ns"] = *lease.target.start_time_ns;
  json record{{"record", "lease"},
              {"id", lease.id},
              {"boot_id", lease.boot_id},
              {"target", target},
              {"victim", lease.victim},
              {"by", lease.by},
              {"reason", lease.reason},
              {"knob", lease.knob},
              {"old", lease.old_text},
              {"new", lease.new_text},
              {"undo", lease.undo_text},
              {"begun_ns", lease.begun_ns},
              {"deadline_ns", lease.deadline_ns},
              {"applied_wall_ns", lease.applied_wall_ns},
              {"deadline_wall_ns", lease.deadline_wall_ns},
              {"keeper_pid", lease.keeper.pid},
              {"keeper_start_ticks", lease.keeper.start_ticks},
              {"kept", lease.kept}};
  if (!lease.expected.text.empty()) record["expected"] = lease.expected.text;
  if (lease.expected.p95_ratio) record["expected_p95_ratio"] = *lease.expected.p95_ratio;
  if (!lease.guards.empty()) record["guards"] = lease.guards;
  if (!lease.overridden.empty()) record["overridden"] = lease.overridden;
  return line(record);
}

std::string intent_line(const std::string& id, std::size_t index, const ValueChange& change) {
  return line({{"record", "intent"},
               {"id", id},
               {"change", index},
               {"place", place_json(change.place)},
               {"old", change.old_value},
               {"intended", change.intended},
               {"goes_with_cgroup", change.goes_with_cgroup}});
}

std::string applied_line(const std::string& id, std::size_t index, const ValueChange& change) {
  return line({{"record", "applied"},
               {"id", id},
               {"change", index},
               {"value", change.applied.value_or("")}});
}

std::string undone_line(const std::string& id, std::size_t index, const Undone& undone) {
  return line({{"record", "undone"},
               {"id", id},
               {"change", index},
               {"outcome", undo_outcome_name(undone.outcome)},
               {"detail", undone.detail}});
}

std::string renewed_line(const Lease& lease) {
  return line({{"record", "renewed"},
               {"id", lease.id},
               {"deadline_ns", lease.deadline_ns},
               {"deadline_wall_ns", lease.deadline_wall_ns}});
}

std::string verdict_line(const Lease& lease) {
  json record{{"record", "verdict"},
              {"id", lease.id},
              {"verdict", lease.verdict.value_or("")},
              {"because", lease.verdict_because.value_or("")}};
  if (lease.measured)
    record["measured"] = {{"before_seconds", lease.measured->before_seconds},
                          {"after_seconds", lease.measured->after_seconds},
                          {"before_intervals", lease.measured->before_intervals},
                          {"after_intervals", lease.measured->after_intervals},
                          {"chance", lease.measured->chance}};
  return line(record);
}

std::string closed_line(const Lease& lease) {
  return line({{"record", "closed"},
               {"id", lease.id},
               {"because", lease.closed_because},
               {"wall_ns", lease.closed_wall_ns}});
}

JournalText parse_journal(std::string_view text) {
  Replay replay;
  JournalText parsed;
  std::string_view record;
  while (next_line(text, record)) {
    if (record.empty()) continue;
    try {
      replay.take(json::parse(record));
    } catch (const std::exception&) {
      // A line that was cut, or that we did not write. What stands before it still counts.
      ++parsed.unreadable;
    }
  }
  parsed.leases = std::move(replay).leases();
  return parsed;
}

}  // namespace culprit
