// SPDX-License-Identifier: Apache-2.0
#include "collect/text_file.h"

#include <sys/stat.h>

#include "catch.h"
#include "fixture.h"

using namespace culprit;

TEST_CASE("a file is read whole, whatever its size") {
  const Fixture host;
  TextReader reader(100'000);
  for (const std::size_t size : {0, 1, 16'384, 16'385, 99'999, 100'000}) {
    const std::string text(size, 'x');
    host.write("file", text);
    CHECK(reader.read(host.root() / "file") == text);
    CHECK_FALSE(reader.truncated());
  }
}

TEST_CASE("beyond the limit a file is cut, at a line where asked for") {
  const Fixture host;
  host.write("file", "12345\n67890\n");
  TextReader lines(8), bytes(8, TextReader::AtLimit::kKeep);
  CHECK(lines.read(host.root() / "file") == "12345\n");
  CHECK(lines.truncated());
  CHECK(bytes.read(host.root() / "file") == "12345\n67");
  host.write("endless", std::string(100, 'x'));
  CHECK(lines.read(host.root() / "endless") == "");
  TextReader device(5000);
  CHECK(device.read("/dev/zero").has_value());
  CHECK(device.truncated());
}

TEST_CASE("what is no readable file is absent, and nothing blocks") {
  const Fixture host;
  TextReader reader;
  host.make_directory("directory");
  host.link("loop", "loop");
  host.link("dangling", "nowhere");
  REQUIRE(::mkfifo((host.root() / "fifo").c_str(), 0600) == 0);
  for (const char* name : {"missing", "directory", "loop", "dangling", "fifo"})
    CHECK_FALSE(reader.read(host.root() / name));
}

TEST_CASE("an open file is read anew, and found when it comes later") {
  const Fixture host;
  TextReader reader;
  OpenFile file(host.root() / "file");
  CHECK_FALSE(file.read(reader));
  host.write("file", "first");
  CHECK(file.read(reader) == "first");
  host.write("file", "second");
  CHECK(file.read(reader) == "second");
}

TEST_CASE("paths of the host are put below the root") {
  CHECK(below("/", "/proc/stat") == "/proc/stat");
  CHECK(below("/r", "/proc/stat") == "/r/proc/stat");
  CHECK(below("/r", "proc") == "/r/proc");
  CHECK(below("/r", "/") == "/r");
}
