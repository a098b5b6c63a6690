// SPDX-License-Identifier: Apache-2.0
#include "serve/pprof.h"

#include <zlib.h>

#include <algorithm>
#include <map>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "serve/protobuf.h"
#include "util/utf8.h"

namespace culprit {
namespace {

// Numbers of fields in google/pprof's profile.proto.
enum ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriodType = 11,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14,
};

/// The profile's texts, each once; the first is empty.
class Texts {
 public:
  Texts() { number(""); }
  std::uint64_t number(const std::string& text) {
    const auto [place, is_new] = numbers_.try_emplace(to_utf8(text), list_.size());
    if (is_new) list_.push_back(place->first);
    return place->second;
  }
  const std::vector<std::string>& list() const { return list_; }

 private:
  std::map<std::string, std::uint64_t> numbers_;
  std::vector<std::string> list_;
};

class Encoder {
 public:
  std::string encode(const StackProfile& profile) {
    profile_.message(kSampleType, value_type("samples", "count"));
    const std::string what = profile.blocked ? "blocked" : "cpu";
    profile_.message(kSampleType, value_type(what, "nanoseconds"));
    for (const WeightedStack& stack : profile.stacks) profile_.message(kSample, sample(stack));
    profile_.number(kTimeNanos,
                    static_cast<std::uint64_t>(std::max<std::int64_t>(0, profile.start_wall_ns)));
    profile_.number(kDurationNanos, profile.duration_ns);
    if (profile.period_ns > 0) {
      profile_.message(kPeriodType, value_type(what, "nanoseconds"));
      profile_.number(kPeriod, profile.period_ns);
    }
    profile_.packed(kComment, {texts_.number(profile.subject)});
    profile_.number(kDefaultSampleType, texts_.number(what));
    for (const std::string& text : texts_.list()) profile_.message(kStringTable, text);
    return profile_.take();
  }

 private:
  std::string value_type(const std::string& type, const std::string& unit) {
    ProtobufWriter out;
    out.number(1, texts_.number(type));
    out.number(2, texts_.number(unit));
    return out.take();
  }

  std::string sample(const WeightedStack& stack) {
    std::vector<std::uint64_t> locations;
    for (auto frame = stack.frames.rbegin(); frame != stack.frames.rend(); ++frame)
      locations.push_back(location(**frame));
    ProtobufWriter out;
    out.packed(1, locations);
    out.packed(2, {stack.samples, stack.ns});
    return out.take();
  }

  /// A location and its function have one number, from 1 on.
  std::uint64_t location(const StackFrame& frame) {
    const auto [place, is_new] = locations_.try_emplace(
        std::tuple(frame.function, frame.module, frame.kind), locations_.size() + 1);
    const std::uint64_t number = place->second;
    if (!is_new) return number;
    ProtobufWriter function;
    function.number(1, number);
    function.number(2, texts_.number(frame.function));
    function.number(3, texts_.number(frame.function));
    function.number(4, texts_.number(frame.module));
    profile_.message(kFunction, function.take());
    ProtobufWriter line, out;
    line.number(1, number);
    out.number(1, number);
    out.message(4, line.take());
    profile_.message(kLocation, out.take());
    return number;
  }

  ProtobufWriter profile_;
  Texts texts_;
  std::map<std::tuple<std::string, std::string, CodeKind>, std::uint64_t> locations_;
};

std::string gzip(const std::string& bytes) {
  constexpr int kGzip = 15 + 16, kMemoryLevel = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string pprof_file(const StackProfile& profile) {
  return gzip(Encoder().encode(profile));
}

}  // namespace culprit
