// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_report.h"

#include <nlohmann/json.hpp>

#include "bpf/fact_table.h"
#include "catch.h"

namespace culprit {
namespace {

Diagnosis diagnose(const std::set<std::string>& without, const Facts* given = nullptr) {
  Facts facts;
  for (const FactRow& row : fact_table()) facts.*row.fact = {true, "found"};
  facts.kernel = "6.1.0";
  facts.root = true;
  if (given) facts = *given;
  return {refuse(facts, without), make_load_plan(facts, without), {}};
}

}  // namespace

TEST_CASE("the verdict says in one line what is the matter", "[doctor]") {
  const std::string one = "1 of " +
                          std::to_string(fact_table().size() + capability_table().size()) +
                          " things are missing";
  CHECK(doctor_verdict(diagnose({})) == "all probes can run");
  CHECK(doctor_verdict(diagnose({"syscall_events"})) ==
        "all probes can run; " + one + ", but none that a probe needs");
  CHECK(doctor_verdict(diagnose({"sched", "percpu_lookup"})) ==
        one + "; 2 probes switched off: --without sched");
  CHECK(doctor_verdict(diagnose({"bpf"})) ==
        "BPF cannot be used, culprit reads /proc only: --without bpf");
  Diagnosis old = diagnose({});
  old.facts.block_events = {false, "kernel BTF has no struct request_queue with disk"};
  old.plan = make_load_plan(old.facts, {});
  CHECK(doctor_verdict(old) == one +
                                   "; 1 probe cannot run: no block tracepoints: kernel BTF has no "
                                   "struct request_queue with disk");
  CHECK(doctor_text(old).rfind(doctor_verdict(old) + "\n", 0) == 0);
}

TEST_CASE("the text tells for each missing fact what it costs and how to get it", "[doctor]") {
  Diagnosis diagnosis = diagnose({});
  diagnosis.facts.pressure = {false, "Operation not supported"};
  const std::string text = doctor_text(diagnosis);
  CHECK(text.find("pressure (PSI): Operation not supported\n    lost    stall times") !=
        std::string::npos);
  CHECK(text.find("get it  boot with psi=1") != std::string::npos);
  CHECK(doctor_text(diagnose({})).find("missing\n") == std::string::npos);
}

TEST_CASE("the JSON holds every fact, every program and what is missing", "[doctor]") {
  const auto json = nlohmann::json::parse(doctor_json(diagnose({"sock_length", "fexit"})));
  CHECK(json["schema"] == "culprit.doctor/1");
  CHECK(json["mode"] == "bpf");
  for (const FactRow& row : fact_table()) {
    INFO(row.id);
    REQUIRE(json["facts"].contains(row.id));
    CHECK(json["facts"][std::string(row.id)]["available"].is_boolean());
  }
  CHECK(json["facts"]["other_bpf_users"].is_null());
  CHECK(json["plan"].size() == make_load_plan({}, {}).programs.size());
  CHECK(json["plan"][0]["reason"].is_null());
  REQUIRE(json["missing"].size() == 2);
  CHECK(json["missing"][0]["fact"] == "sock_length");
  CHECK(json["missing"][0]["lost"] == "network bytes by process");
  CHECK(json["missing"][0]["how"] == "leave out --without sock_length");
}

TEST_CASE("a detail that is not UTF-8 does not break the JSON", "[doctor]") {
  Diagnosis diagnosis = diagnose({});
  diagnosis.facts.machine = "bad \xff name";
  CHECK_NOTHROW(nlohmann::json::parse(doctor_json(diagnosis)));
}

TEST_CASE("doctor tells which Python processes cannot be read", "[doctor]") {
  Diagnosis diagnosis = diagnose({});
  CHECK(doctor_text(diagnosis).find("Python processes") == std::string::npos);
  diagnosis.python_refusals = {{17, "/opt/python3.13t", "free-threaded"}};
  CHECK(doctor_text(diagnosis).find("  17       /opt/python3.13t: free-threaded\n") !=
        std::string::npos);
  CHECK(doctor_json(diagnosis).find("\"reason\": \"free-threaded\"") != std::string::npos);
}

}  // namespace culprit
