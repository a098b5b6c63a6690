// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <set>

#include "analyze/judge.h"
#include "analyze/rule_set.h"
#include "catch.h"
#include "model/model.h"
#include "serve/json.h"
#include "store/recording.h"

namespace culprit {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> recordings() {
  std::set<fs::path> found;
  for (const auto& entry : fs::directory_iterator(CULPRIT_RECORDINGS))
    if (entry.path().extension() == ".rec") found.insert(entry.path());
  return found;
}

std::vector<std::string> snapshots(const fs::path& path) {
  auto recording = Recording::open(path);
  INFO((recording ? "" : recording.error().message));
  REQUIRE(recording);
  Model model((*recording)->host());
  Judge judge(std::make_shared<const RuleSet>(RuleSet::shipped()));
  std::vector<std::string> lines;
  for (;;) {
    const auto sample = (*recording)->next({});
    INFO((sample ? "" : sample.error().message));
    REQUIRE(sample);
    if (!*sample) return lines;
    if (auto snapshot = model.advance(**sample)) {
      judge.judge(*snapshot);
      lines.push_back(json_text(*snapshot));
    }
  }
}

std::vector<std::string> golden(fs::path path) {
  std::ifstream in(path.replace_extension(".json"));
  REQUIRE(in);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("the same Samples give the same Snapshots") {
  REQUIRE_FALSE(recordings().empty());
  for (const fs::path& path : recordings()) {
    const std::vector<std::string> made = snapshots(path), expected = golden(path);
    INFO(path.filename().string());
    REQUIRE_FALSE(made.empty());
    REQUIRE(made.size() == expected.size());
    for (std::size_t line = 0; line < made.size(); ++line) {
      INFO("line " << line + 1);
      CHECK(made[line] == expected[line]);
    }
  }
}

}  // namespace culprit
