// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "serve/pprof.h"
#include "serve/speedscope.h"
#include "unit/model/stacks.h"

namespace culprit {
namespace {

std::string unpacked(const std::string& packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string bytes(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.at(0));
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

/// A message: numbers and texts by field.
struct Message {
  std::map<std::uint64_t, std::vector<std::uint64_t>> numbers;
  std::map<std::uint64_t, std::vector<std::string>> texts;
};
Message read_message(std::string_view bytes) {
  Message message;
  while (!bytes.empty()) {
    const std::uint64_t tag = take_varint(bytes);
    if ((tag & 7) == 0) {
      message.numbers[tag >> 3].push_back(take_varint(bytes));
      continue;
    }
    REQUIRE((tag & 7) == 2);
    const std::uint64_t size = take_varint(bytes);
    message.texts[tag >> 3].emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return message;
}
std::vector<std::uint64_t> read_packed(std::string_view bytes) {
  std::vector<std::uint64_t> values;
  while (!bytes.empty()) values.push_back(take_varint(bytes));
  return values;
}

}  // namespace

TEST_CASE("pprof: samples lead through locations and functions to names", "[flame]") {
  Message profile = read_message(unpacked(pprof_file(test::small_profile())));
  const std::vector<std::string>& texts = profile.texts[6];
  REQUIRE(texts.at(0).empty());
  std::map<std::uint64_t, std::string> functions;
  for (const std::string& bytes : profile.texts[5]) {
    Message function = read_message(bytes);
    functions[function.numbers[1].at(0)] = texts.at(function.numbers[2].at(0));
  }
  std::map<std::uint64_t, std::string> locations;
  for (const std::string& bytes : profile.texts[4]) {
    Message location = read_message(bytes);
    Message line = read_message(location.texts[4].at(0));
    locations[location.numbers[1].at(0)] = functions.at(line.numbers[1].at(0));
  }
  std::vector<std::string> stacks;
  for (const std::string& bytes : profile.texts[2]) {
    Message sample = read_message(bytes);
    std::string words;
    for (const std::uint64_t location : read_packed(sample.texts[1].at(0)))
      words += locations.at(location) + ' ';
    for (const std::uint64_t value : read_packed(sample.texts[2].at(0)))
      words += std::to_string(value) + ' ';
    stacks.push_back(words);
  }
  CHECK(stacks == std::vector<std::string>{"work main app 6 12000000 ",
                                           "vfs_read work main app 3 6000000 ",
                                           "idle<int> app 1 2000000 "});
  CHECK(locations.size() == 5);
  Message type = read_message(profile.texts[1].at(1));
  CHECK(texts.at(type.numbers[1].at(0)) == "cpu");
  CHECK(texts.at(type.numbers[2].at(0)) == "nanoseconds");
  CHECK(profile.numbers[10].at(0) == 1'000'000'000);
  CHECK(profile.numbers[12].at(0) == 2'000'000);
}

TEST_CASE("speedscope: one sampled profile over shared frames", "[flame]") {
  const auto json = nlohmann::json::parse(speedscope_json(test::small_profile()));
  CHECK(json["$schema"] == "https://www.speedscope.app/file-format-schema.json");
  const auto& profile = json["profiles"][0];
  CHECK(profile["type"] == "sampled");
  CHECK(profile["unit"] == "nanoseconds");
  CHECK(profile["endValue"] == 20'000'000);
  CHECK(profile["samples"] == nlohmann::json::parse("[[0,1,2],[0,1,2,3],[0,4]]"));
  CHECK(profile["weights"] == nlohmann::json::parse("[12000000,6000000,2000000]"));
  CHECK(json["shared"]["frames"][3]["name"] == "vfs_read");
  const auto none = nlohmann::json::parse(speedscope_json({}));
  CHECK(none["profiles"][0]["samples"].empty());
  CHECK(none["shared"]["frames"].empty());
}

}  // namespace culprit
