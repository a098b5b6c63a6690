// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_watch.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"

using namespace culprit;
namespace fs = std::filesystem;

namespace {

class RuleDirectory {
 public:
  RuleDirectory()
      : path_(fs::temp_directory_path() / ("culprit-rules-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~RuleDirectory() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("rules are read anew once after a change, when it is over", "[rule_watch]") {
  const RuleDirectory directory;
  directory.write("a.json", R"({"silence": ["cpu.steal"]})");
  RuleWatch watch(directory.path());
  CHECK_FALSE(watch.poll());

  directory.write("b.json", R"({"silence": ["cpu.busy_loop"]})");
  CHECK_FALSE(watch.poll());  // it may still be written
  auto changed = watch.poll();
  REQUIRE(changed);
  REQUIRE(*changed);
  CHECK_FALSE((**changed)->find("cpu.busy_loop"));
  CHECK_FALSE((**changed)->find("cpu.steal"));
  CHECK_FALSE(watch.poll());

  directory.write("ignored.txt", "x");
  CHECK_FALSE(watch.poll());
  CHECK_FALSE(watch.poll());

  fs::remove(directory.path() / "a.json");
  CHECK_FALSE(watch.poll());
  changed = watch.poll();
  REQUIRE(changed);
  CHECK((**changed)->find("cpu.steal"));
}

TEST_CASE("bad rules are told once, with their place, and good ones follow", "[rule_watch]") {
  const RuleDirectory directory;
  RuleWatch watch(directory.path());
  directory.write("a.json", R"({"rules": [{"id": "x.y"}]})");
  CHECK_FALSE(watch.poll());
  auto changed = watch.poll();
  REQUIRE(changed);
  REQUIRE_FALSE(*changed);
  CHECK(changed->error().message.find("a.json") != std::string::npos);
  CHECK_FALSE(watch.poll());
  directory.write("a.json", R"({"silence": ["cpu.steal"]})");
  CHECK_FALSE(watch.poll());
  changed = watch.poll();
  REQUIRE(changed);
  CHECK(*changed);
}

TEST_CASE("a directory that is not there yet may come", "[rule_watch]") {
  const RuleDirectory directory;
  const fs::path later = directory.path() / "later";
  RuleWatch watch(later);
  CHECK_FALSE(watch.poll());
  fs::create_directories(later);
  CHECK_FALSE(watch.poll());
  std::ofstream(later / "a.json") << R"({"silence": ["cpu.steal"]})";
  CHECK_FALSE(watch.poll());
  CHECK(watch.poll());
}
