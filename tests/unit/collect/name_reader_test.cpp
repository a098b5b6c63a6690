// SPDX-License-Identifier: Apache-2.0
#include "collect/name_reader.h"

#include "catch.h"
#include "collect/name_parsers.h"
#include "fixture.h"

using namespace culprit;

namespace {

const std::string kId = "3f4ab0c9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9001122";

}  // namespace

TEST_CASE("users have the name of the first line with their number") {
  const Fixture host;
  NameReader names(host.root());
  CHECK(names.user_name(0) == "0");
  host.write("etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\nwww-data:x:33:33::/:\n"
             "bad\n:x:5:5::/:\nminus:x:-1:1::/:\nbig:x:4294967296:1::/:\nevil\x1b:x:7:7::/:\n");
  CHECK(names.user_name(0) == "root");
  CHECK(names.user_name(33) == "www-data");
  CHECK(names.user_name(5) == "5");
  CHECK(names.user_name(7) == "evil?");
  CHECK(names.user_name(4294967295u) == "4294967295");
}

TEST_CASE("a change of passwd is seen") {
  const Fixture host;
  host.write("etc/passwd", "old:x:1:1::/:\n");
  NameReader names(host.root());
  CHECK(names.user_name(1) == "old");
  host.write("etc/passwd", "newer:x:1:1::/:\n");
  CHECK(names.user_name(1) == "newer");
  host.remove("etc/passwd");
  CHECK(names.user_name(1) == "1");
}

TEST_CASE("containers have the name that Docker or Podman gave them") {
  const Fixture host;
  NameReader names(host.root());
  CHECK(names.container_name(kId) == kId.substr(0, 12));
  host.write("var/lib/containers/storage/overlay-containers/containers.json",
             "[{\"id\":\"" + kId + "\",\"names\":[\"db\",\"db2\"]},{\"id\":7},3]");
  CHECK(names.container_name(kId) == "db");
  host.write("var/lib/docker/containers/" + kId + "/config.v2.json",
             "{\"ID\":\"x\",\"Name\":\"/web-1\",\"Config\":{}}");
  CHECK(names.container_name(kId) == "web-1");
  CHECK(names.container_name("web1") == "web1");
  CHECK(names.container_name("../../etc") == "../../etc");
  CHECK(names.container_name("") == "");
}

TEST_CASE("garbage has no names in it") {
  const Fixture host;
  NameReader names(host.root());
  std::vector<std::string> texts = garbage_texts();
  texts.emplace_back(100'000, '[');
  for (const char* json : {"{}", "[]", "null", "{\"Name\":5}", "{\"Name\":\"/\"}",
                           "[{\"id\":\"x\",\"names\":{}}]", "[{\"id\":\"x\",\"names\":[1]}]"})
    texts.emplace_back(json);
  for (const std::string& text : texts) {
    host.write("var/lib/docker/containers/" + kId + "/config.v2.json", text);
    host.write("var/lib/containers/storage/overlay-containers/containers.json", text);
    host.write("etc/passwd", text);
    CHECK(names.container_name(kId) == kId.substr(0, 12));
    CHECK(names.user_name(0) == "0");
    CHECK_FALSE(parse_docker_config(text));
    CHECK(parse_podman_containers(text).empty());
  }
}
