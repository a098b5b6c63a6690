// SPDX-License-Identifier: Apache-2.0
#include "store/recording.h"

#include <sys/stat.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "store/codec.h"
#include "unit/store/filled_sample.h"

namespace culprit {
namespace {

/// A directory of its own for one test.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "culprit-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Bytes of a recording with three Samples.
std::string recorded() {
  const Scratch scratch;
  auto writer = RecordingWriter::create(scratch.file("r"), filled_host());
  REQUIRE(writer);
  for (std::uint64_t time = 1; time <= 3; ++time)
    REQUIRE((*writer)->append(filled_sample(time * 1'000'000'000)));
  const std::string bytes = slurp(scratch.file("r"));
  REQUIRE(bytes.size() == (*writer)->bytes());
  return bytes;
}

struct Reading {
  std::size_t samples = 0;
  std::string error, note;
  std::string content;  ///< of the Samples, to compare
};

Reading read_all(std::string bytes) {
  bytes.push_back('\0');  // fmemopen takes no empty buffer
  File file(::fmemopen(bytes.data(), bytes.size() - 1, "rb"));
  if (!file) file.reset(std::fopen("/dev/null", "rb"));
  Reading reading;
  auto recording = Recording::read(std::move(file), "F");
  if (!recording) return {0, recording.error().message, "", ""};
  for (;;) {
    const auto sample = (*recording)->next({});
    if (!sample) reading.error = sample.error().message;
    if (!sample || !*sample) break;
    ++reading.samples;
    reading.content += encode(**sample);
  }
  reading.note = (*recording)->note();
  return reading;
}

std::string packed(std::uint32_t kind, std::string_view payload) {
  FramePacker packer;
  auto frame = packer.pack(static_cast<FrameKind>(kind), payload);
  REQUIRE(frame);
  return *frame;
}

std::string header_with(auto&& change) {
  RecordingHeader header{.recorded_by = "test",
                         .byte_order = "little",
                         .thread_record_bytes = sizeof(thread_record),
                         .histogram_bytes = sizeof(histogram),
                         .call_reading_bytes = sizeof(CallReading),
                         .host = {}};
  change(header);
  return std::string(kRecordingMagic) + packed(1, encode(header));
}

}  // namespace

TEST_CASE("a Sample comes back exactly") {
  const Sample sample = filled_sample();
  const auto back = decode_sample(encode(sample));
  REQUIRE(back);
  CHECK(encode(*back) == encode(sample));
  CHECK(back->wall_ns == sample.wall_ns);
  CHECK(back->host.load_average == sample.host.load_average);
  CHECK(back->cgroup_paths == sample.cgroup_paths);
  CHECK(back->threads.size() == 3);
  CHECK(back->forks.at(2).name == sample.forks.at(2).name);
  CHECK(back->query_texts == sample.query_texts);
  CHECK(back->connections.at(2).end == sample.connections.at(2).end);
  CHECK(back->connections.at(1).remote == sample.connections.at(1).remote);
  CHECK(back->connections.at(0).busy_since_ns == sample.connections.at(0).busy_since_ns);
  REQUIRE(back->calls.size() == 3);
  CHECK(std::memcmp(back->calls.data(), sample.calls.data(), 3 * sizeof(CallReading)) == 0);
  const Sample nothing;
  const auto empty = decode_sample(encode(nothing));
  REQUIRE(empty);
  CHECK(encode(*empty) == encode(nothing));
  CHECK_FALSE(empty->host.cpu);
  CHECK_FALSE(empty->run_queue_latency);
}

TEST_CASE("a recording gives back its host and its Samples, then its end") {
  const Scratch scratch;
  {
    auto writer = RecordingWriter::create(scratch.file("r"), filled_host());
    REQUIRE(writer);
    REQUIRE((*writer)->append(filled_sample(7)));
  }
  struct stat status {};
  REQUIRE(::stat(scratch.file("r").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  auto recording = Recording::open(scratch.file("r"));
  REQUIRE(recording);
  CHECK((*recording)->host().hostname == filled_host().hostname);
  CHECK((*recording)->host().cloud->instance_type == filled_host().cloud->instance_type);
  const auto sample = (*recording)->next(std::chrono::hours(1));
  REQUIRE(sample);
  REQUIRE(*sample);
  CHECK(encode(**sample) == encode(filled_sample(7)));
  for (int again = 0; again < 2; ++again) {
    const auto end = (*recording)->next({});
    REQUIRE(end);
    CHECK_FALSE(*end);
  }
  CHECK((*recording)->note().empty());
}

TEST_CASE("a file that is there already is not written over") {
  const Scratch scratch;
  std::ofstream(scratch.file("r")) << "precious";
  const auto writer = RecordingWriter::create(scratch.file("r"), {});
  REQUIRE_FALSE(writer);
  CHECK(writer.error().message.find("is there already") != std::string::npos);
  CHECK(slurp(scratch.file("r")) == "precious");
}

TEST_CASE("a recording cut anywhere gives what came before, and says so", "[slow]") {
  const std::string bytes = recorded();
  const Reading whole = read_all(bytes);
  CHECK(whole.samples == 3);
  CHECK(whole.error.empty());
  CHECK(whole.note.empty());
  std::size_t ends = 0;
  for (std::size_t size = kRecordingMagic.size(); size < bytes.size(); size += 1) {
    const Reading cut = read_all(bytes.substr(0, size));
    CHECK(cut.samples < 3);
    if (cut.error.empty() && cut.note.empty()) ++ends;
    if (!cut.error.empty())
      CHECK(cut.error == "F: frame 1: expected the header, found the end of the file");
  }
  CHECK(ends == 3);  // behind the header and behind two Samples
}

TEST_CASE("a changed byte is an error or a cut end, never a wrong Sample", "[slow]") {
  const std::string bytes = recorded();
  const std::string content = read_all(bytes).content;
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    const Reading reading = read_all(changed);
    CHECK(content.starts_with(reading.content));
    // Some bits of zstd's own headers carry nothing: then all three are whole.
    CHECK((reading.samples == 3 || !reading.error.empty() || !reading.note.empty()));
  }
}

TEST_CASE("what is not a recording of this version and layout is refused in one line") {
  CHECK(read_all("").error == "F: not a recording; culprit record makes one");
  CHECK(read_all("#!/bin/sh\necho no recording").error ==
        "F: not a recording; culprit record makes one");
  CHECK(read_all("culprit.recording/2\nmore").error ==
        "F: made in another version of the format; this culprit reads culprit.recording/1");
  CHECK(read_all(header_with([](auto& header) { header.thread_record_bytes = 8; })).error ==
        "F: frame 1: /thread_record_bytes: expected " + std::to_string(sizeof(thread_record)) +
            ", found 8; read it with the culprit that "
            "made it");
  CHECK(read_all(header_with([](auto& header) { header.byte_order = "big"; })).error ==
        "F: frame 1: /byte_order: expected little, found big; read it with the culprit that made "
        "it");
  CHECK(Recording::open("/no/such/file").error().message ==
        "/no/such/file: cannot be opened: No such file or directory");
}

TEST_CASE("a recording with calls of another layout is read up to them") {
  for (const std::uint32_t bytes : {0u, 176u}) {
    const std::string start = header_with([&](auto& header) { header.call_reading_bytes = bytes; });
    Sample without;
    without.monotonic_ns = 1;
    const Reading reading =
        read_all(start + packed(2, encode(without)) + packed(2, encode(filled_sample(5))));
    CHECK(reading.samples == 1);
    CHECK(reading.error == "F: frame 3: /calls: expected calls of " +
                               std::to_string(sizeof(CallReading)) + " bytes, found calls of " +
                               std::to_string(bytes) + "; read it with the culprit that made it");
  }
}

TEST_CASE("frames that do not belong are refused") {
  const std::string start = header_with([](auto&) {});
  const std::string sample = packed(2, encode(filled_sample(5)));
  CHECK(read_all(start + sample).samples == 1);
  CHECK(read_all(start + sample + sample).error ==
        "F: frame 3: /monotonic_ns: expected more than 5, found 5");
  CHECK(read_all(start + start.substr(kRecordingMagic.size())).error ==
        "F: frame 2: expected a sample, found a header");
  CHECK(read_all(start + packed(9, "")).error ==
        "F: frame 2: expected a frame of kind 1 or 2, found 9");
  CHECK(read_all(start + std::string("\2\0\0\0\xff\xff\xff\xff", 8)).error ==
        "F: frame 2: expected a frame of at most 64 MiB, found 4294967295 bytes");
  CHECK(read_all(start + packed(2, encode(filled_sample(5)) + "x")).error ==
        "F: frame 2: expected the end, found text");
  CHECK(read_all(start + packed(2, std::string(kFrameBytesMax, '\x81'))).error ==
        "F: frame 2: expected a map, found an array");
}

TEST_CASE("a frame that unpacks to too much is stopped") {
  std::string bomb(200 << 20, '\0');
  std::string packed_bomb(ZSTD_compressBound(bomb.size()), '\0');
  packed_bomb.resize(
      ZSTD_compress(packed_bomb.data(), packed_bomb.size(), bomb.data(), bomb.size(), 1));
  std::string prefix("\2\0\0\0", 4);
  for (int shift = 0; shift < 32; shift += 8)
    prefix.push_back(static_cast<char>(packed_bomb.size() >> shift));
  CHECK(read_all(header_with([](auto&) {}) + prefix + packed_bomb).error ==
        "F: frame 2: expected at most 64 MiB in a frame, found more");
  FramePacker packer;
  CHECK_FALSE(packer.pack(FrameKind::kSample, bomb));
}

TEST_CASE("a paced recording waits as it is told, unless it is interrupted") {
  const Scratch scratch;
  {
    auto writer = RecordingWriter::create(scratch.file("r"), {});
    REQUIRE(writer);
    REQUIRE((*writer)->append(filled_sample(1)));
  }
  auto recording = Recording::open(scratch.file("r"), Pace::kAsked);
  REQUIRE(recording);
  (*recording)->interrupt();
  const auto sample = (*recording)->next(std::chrono::hours(1));
  REQUIRE(sample);
  CHECK(*sample);
}

}  // namespace culprit
