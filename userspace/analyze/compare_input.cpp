// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare_input.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "analyze/json_place.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

constexpr double kMost = 1e18;
constexpr double kShortest = 1e-6;        // of an interval: amounts over it stay numbers
constexpr double kTailDistance = 1.6449;  // of p95 from the median of a normal distribution
constexpr std::string_view kSchema = "culprit.snapshot/1";

/// Reads members; remembers the first that is not as it should be, and goes on with nothing.
class Reader {
 public:
  double number(const JsonPlace& place, const char* key) {
    if (!expect(place, key)) return 0;
    const auto held = place[key].number(0, kMost);
    return held ? *held : (note(held.error()), 0);
  }

  std::optional<double> optional_number(const JsonPlace& place, const char* key) {
    if (!place.has(key) || place.json()[key].is_null()) return std::nullopt;
    return number(place, key);
  }

  /// "" of null and of what is not there.
  std::string text(const JsonPlace& place, const char* key) {
    if (!place.has(key) || place.json()[key].is_null()) return {};
    const Json& held = place.json()[key];
    if (held.is_string()) return held.get<std::string>();
    note(place[key].wrong("a text was expected").value());
    return {};
  }

  /// An object; absent when it is null or not there.
  std::optional<JsonPlace> object(const JsonPlace& place, const char* key) {
    if (!place.has(key) || place.json()[key].is_null()) return std::nullopt;
    if (place.json()[key].is_object()) return place[key];
    note(place[key].wrong("an object was expected").value());
    return std::nullopt;
  }

  std::vector<JsonPlace> rows(const JsonPlace& place, const char* key) {
    std::vector<JsonPlace> rows;
    if (!expect(place, key)) return rows;
    const JsonPlace list = place[key];
    if (!list.json().is_array()) {
      note(list.wrong("an array was expected").value());
      return rows;
    }
    for (std::size_t index = 0; index < list.json().size(); ++index) {
      if (!list[index].json().is_object()) {
        note(list[index].wrong("an object was expected").value());
        break;
      }
      rows.push_back(list[index]);
    }
    return rows;
  }

  void note(const Error& error) {
    if (!error_) error_ = error;
  }
  Status status() const { return error_ ? Status(tl::unexpected<Error>(*error_)) : Status(); }

 private:
  bool expect(const JsonPlace& place, const char* key) {
    if (place.has(key)) return true;
    note(place.wrong(std::string("the key ") + key + " is missing").value());
    return false;
  }

  std::optional<Error> error_;
};

/// Adds what rows that are one thing tell in one interval: workers of one server, pids of one
/// program. Values of latencies and shares are weighed by what they rest on, others added up.
void add(ObservedThing& thing, Metric metric, std::size_t interval, const Observation& seen) {
  Observation& held = thing.values[metric][interval];
  const bool adds_up = metric == Metric::kCpu || metric == Metric::kRate;
  const double count = held.count + seen.count;
  if (adds_up) {
    held.value += seen.value;
  } else if (count > 0) {
    held.value = (held.value * held.count + seen.value * seen.count) / count;
    held.spread = (held.spread * held.count + seen.spread * seen.count) / count;
  }
  held.count = count;
}

class Document {
 public:
  Document(ObservedAnalysis& all, const JsonPlace& root) : all_(all), root_(root) {}

  Status read() {
    about();
    if (const Status read = reader_.status(); !read) return read;
    host();
    for (const JsonPlace& row : reader_.rows(root_, "processes"))
      cpu(TargetKind::kProcess, reader_.text(row, "name"), reader_.text(row, "unit"), row);
    units();
    for (const JsonPlace& row : reader_.rows(root_, "tasks"))
      if (reader_.text(row, "kind") != "process")  // of which there is a row already
        cpu_of(thing(TargetKind::kTask, reader_.text(row, "id"), reader_.text(row, "name")), row);
    for (const JsonPlace& row : reader_.rows(root_, "endpoints")) endpoint(row);
    for (const JsonPlace& row : reader_.rows(root_, "queries")) query(row);
    judgement();
    return reader_.status();
  }

  void judgement() {
    judgement_ = all_.judgements++;
    for (const JsonPlace& row : reader_.rows(root_, "findings")) finding(row);
    if (const auto score = reader_.object(root_, "score"))
      all_.scores.push_back(reader_.number(*score, "value"));
  }
  Status status() const { return reader_.status(); }

 private:
  void about() {
    if (!root_.has("schema")) return reader_.note(root_.wrong("the key schema is missing").value());
    if (reader_.text(root_, "schema") != kSchema)
      return reader_.note(
          root_["schema"].wrong("\"" + std::string(kSchema) + "\" was expected").value());
    for (const char* key : {"host", "interval", "system"})
      if (!reader_.object(root_, key))
        return reader_.note(root_.wrong(std::string("the object ") + key + " is missing").value());
    const JsonPlace host = root_["host"], interval = root_["interval"];
    seconds_ = reader_.number(interval, "seconds");
    if (reader_.status() && seconds_ < kShortest)
      return reader_.note(interval["seconds"].wrong("a number above 0 was expected").value());
    ComparedAnalysis& about = all_.about;
    about.hostname = reader_.text(host, "hostname");
    about.kernel = reader_.text(host, "kernel");
    about.cpu_count = reader_.number(host, "cpu_count");
    if (about.intervals == 0) about.start = reader_.text(interval, "start");
    about.end = reader_.text(interval, "end");
    about.seconds += seconds_;
    interval_ = about.intervals++;
    all_.lengths.push_back(seconds_);
  }

  ObservedThing& thing(TargetKind kind, std::string id, std::string name) {
    ObservedThing& held = all_.things[{kind, std::move(id)}];
    if (held.name.empty()) held.name = std::move(name);
    return held;
  }

  void host() {
    const auto cpu = reader_.object(root_["system"], "cpu");
    if (!cpu) return;
    if (const auto used = reader_.optional_number(*cpu, "utilization_ratio"))
      add(thing(TargetKind::kHost, "", all_.about.hostname), Metric::kCpu, interval_,
          {*used * std::max(1.0, all_.about.cpu_count)});
  }

  void cpu_of(ObservedThing& thing, const JsonPlace& row) {
    if (const auto used = reader_.optional_number(row, "cpu_seconds"))
      add(thing, Metric::kCpu, interval_, {*used / seconds_});
  }

  void cpu(TargetKind kind, const std::string& name, const std::string& unit,
           const JsonPlace& row) {
    cpu_of(thing(kind, name + '\n' + unit, unit.empty() ? name : name + " of " + unit), row);
  }

  /// Those that hold no other: what these hold adds up to the same.
  void units() {
    const std::vector<JsonPlace> rows = reader_.rows(root_, "units");
    std::set<std::string> outer;
    for (const JsonPlace& row : rows) {
      const std::string path = reader_.text(row, "path");
      const std::size_t slash = path.rfind('/');
      if (slash != std::string::npos && path.size() > 1)
        outer.insert(path.substr(0, std::max<std::size_t>(slash, 1)));
    }
    for (const JsonPlace& row : rows) {
      const std::string path = reader_.text(row, "path");
      if (!outer.contains(path) && path != "/")
        cpu_of(thing(TargetKind::kUnit, path, reader_.text(row, "name")), row);
    }
  }

  void latency(ObservedThing& thing, const JsonPlace& row) {
    const auto latency = reader_.object(row, "latency");
    if (!latency) return;
    const double count = reader_.number(*latency, "count");
    const double p50 = reader_.number(*latency, "p50_seconds");
    const double p95 = reader_.number(*latency, "p95_seconds");
    if (count <= 0 || p50 <= 0 || p95 < p50) return;
    const double spread = std::log(p95 / p50) / kTailDistance;
    add(thing, Metric::kMedian, interval_, {p50, count, spread});
    add(thing, Metric::kTail, interval_, {p95, count, spread});
  }

  void errors(ObservedThing& thing, const JsonPlace& row, double count) {
    if (count > 0)
      add(thing, Metric::kErrors, interval_,
          {std::min(reader_.number(row, "errors"), count) / count, count});
  }

  void endpoint(const JsonPlace& row) {
    const auto process = reader_.object(row, "process");
    const std::string of = process ? reader_.text(*process, "name") : "";
    const std::string name = reader_.text(row, "method") + " " + reader_.text(row, "route");
    ObservedThing& held = thing(TargetKind::kEndpoint, of + '\n' + name, name + " of " + of);
    const double requests = reader_.number(row, "requests");
    latency(held, row);
    errors(held, row, requests);
    add(held, Metric::kRate, interval_, {requests / seconds_, requests});
    if (const auto calls = reader_.optional_number(row, "calls_per_request"))
      add(held, Metric::kCallsPerRequest, interval_, {*calls, requests});
  }

  void query(const JsonPlace& row) {
    if (row.has("waits") && row.json()["waits"] == true) return;  // as long as nothing comes
    std::string text = reader_.text(row, "text");
    if (text.empty()) text = reader_.text(row, "operation") + " (text not seen)";
    ObservedThing& held = thing(TargetKind::kQuery,
                                reader_.text(row, "system") + '\n' + reader_.text(row, "id"), text);
    const double calls = reader_.number(row, "calls");
    latency(held, row);
    errors(held, row, calls);
    add(held, Metric::kRate, interval_, {calls / seconds_, calls});
  }

  void finding(const JsonPlace& row) {
    const auto target = reader_.object(row, "target");
    if (!target) return reader_.note(row.wrong("the object target is missing").value());
    ObservedFinding seen;
    seen.id = reader_.text(row, "id");
    seen.summary = reader_.text(row, "summary");
    seen.name = reader_.text(*target, "name");
    seen.severity = static_cast<Severity>(one_of(row, "severity", {"info", "warning", "critical"}));
    seen.kind =
        static_cast<TargetKind>(one_of(*target, "kind",
                                       {"host", "unit", "process", "task", "query", "endpoint",
                                        "database", "service", "device", "filesystem"}));
    const std::string id = reader_.text(*target, "id");
    ObservedFinding& held = all_.findings[seen.id + '\n' + (id.empty() ? seen.name : id)];
    seen.judgements = std::move(held.judgements);
    if (seen.judgements.empty() || seen.judgements.back() != judgement_)
      seen.judgements.push_back(judgement_);
    held = std::move(seen);
  }

  std::size_t one_of(const JsonPlace& place, const char* key,
                     std::initializer_list<std::string_view> names) {
    const auto held =
        place.has(key)
            ? place[key].one_of(names)
            : Result<std::size_t>(place.wrong(std::string("the key ") + key + " is missing"));
    return held ? *held : (reader_.note(held.error()), 0);
  }

  ObservedAnalysis& all_;
  const JsonPlace root_;
  Reader reader_;
  double seconds_ = 0;
  std::size_t interval_ = 0, judgement_ = 0;
};

}  // namespace

Status add_analysis(ObservedAnalysis& all, const Json& document, std::string_view place) {
  return Document(all, JsonPlace(document, place)).read();
}

Status use_judgement_of(ObservedAnalysis& all, const Json& document, std::string_view place) {
  all.findings.clear();
  all.judgements = 0;
  all.scores.clear();
  Document whole(all, JsonPlace(document, place));
  whole.judgement();
  return whole.status();
}

}  // namespace culprit
