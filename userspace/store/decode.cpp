// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>

#include "collect/probe_state.h"
#include "store/cbor.h"
#include "store/codec.h"
#include "store/codec_traits.h"
#include "store/describe_sample.h"
#include "util/utf8.h"

namespace culprit {
namespace {

// A list longer than this is not a host's; it bounds what a hostile file makes us allocate.
constexpr std::size_t kMaxElements = std::size_t{1} << 20;

/// Where in the document we are; becomes a JSON pointer when something is wrong there.
struct PathPart {
  std::string_view key;  ///< of an object, or else
  std::size_t index = 0;
  bool is_key = true;
};

class Decoder {
 public:
  Decoder(std::string_view data, std::uint32_t call_reading_bytes)
      : in_(data), call_reading_bytes_(call_reading_bytes) {}

  /// One field of the struct that is being read.
  template <class T>
  void operator()(std::string_view key, T& value) {
    if (failed()) return;
    if (pairs_left_ == 0) return fail("expected the key '" + std::string(key) + "', found no more");
    const std::string_view name = next_key();
    if (failed()) return;
    if (name != key)
      return fail("expected the key '" + std::string(key) + "', found '" + to_utf8(name) + "'");
    held_key_.reset();
    --pairs_left_;
    path_.push_back({key});
    read(value);
    path_.pop_back();
  }

  /// A field that older recordings lack.
  template <class T>
  void added(std::string_view key, T& value) {
    if (!failed() && pairs_left_ > 0 && next_key() == key) (*this)(key, value);
  }

  template <class T>
  void read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      assign(value, in_.boolean(), "a boolean");
    } else if constexpr (std::is_unsigned_v<T>) {
      read_unsigned(value);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      assign(value, in_.integer(), "an integer");
    } else if constexpr (std::is_same_v<T, double>) {
      assign(value, in_.real(), "a number");
      if (!std::isfinite(value)) fail("expected a finite number");
    } else if constexpr (std::is_same_v<T, std::string>) {
      assign(value, in_.text(), "text");
    } else if constexpr (std::is_same_v<T, ProbeState>) {
      read_probe_state(value);
    } else if constexpr (kIsNumbered<T>) {
      read_numbered(value);
    } else if constexpr (kIsOptional<T>) {
      if (!in_.null()) read(value.emplace());
    } else if constexpr (kIsBlob<T>) {
      read_blob(value);
    } else if constexpr (kIsBlobList<T>) {
      read_blob_list(value);
    } else if constexpr (kIsVector<T>) {
      read_list(value);
    } else if constexpr (kIsArray<T>) {
      read_array(value);
    } else if constexpr (kIsMap<T>) {
      read_map(value);
    } else {
      read_struct(value);
    }
  }

  /// The first error, or success when everything was read and nothing is left over.
  Status finish() {
    if (!failed() && !in_.at_end()) fail("expected the end, found " + std::string(in_.found()));
    if (failed()) return misuse(*error_);
    return {};
  }

 private:
  bool failed() const { return error_.has_value(); }

  void fail(std::string what) {
    if (failed()) return;
    std::string pointer;
    for (const PathPart& part : path_)
      pointer += "/" + (part.is_key ? std::string(part.key) : std::to_string(part.index));
    error_ = (pointer.empty() ? "" : pointer + ": ") + std::move(what);
  }

  void fail_type(std::string_view expected) {
    fail("expected " + std::string(expected) + ", found " + std::string(in_.found()));
  }

  void assign(auto& value, const auto& read, std::string_view expected) {
    if (read)
      value = *read;
    else
      fail_type(expected);
  }

  /// Key of the next pair, which stays the next one until it is used.
  std::string_view next_key() {
    if (!held_key_) held_key_ = in_.text();
    if (!held_key_) fail_type("a key");
    return held_key_.value_or("");
  }

  void read_unsigned(auto& value) {
    using T = std::remove_reference_t<decltype(value)>;
    const auto number = in_.unsigned_integer();
    if (!number) return fail_type("an unsigned integer");
    if (*number > std::numeric_limits<T>::max())
      return fail("expected at most " + std::to_string(std::numeric_limits<T>::max()) + ", found " +
                  std::to_string(*number));
    value = static_cast<T>(*number);
  }

  void read_probe_state(ProbeState& value) {
    const auto name = in_.text();
    if (!name) return fail_type("text");
    if (const auto state = probe_state_from_name(*name))
      value = *state;
    else
      fail("expected attached, unavailable, shed or off, found '" + to_utf8(*name) + "'");
  }

  template <class T>
  void read_numbered(T& value) {
    std::uint64_t number = 0;
    read_unsigned(number);
    const auto last = static_cast<std::uint64_t>(last_of(T{}));
    if (number > last)
      return fail("expected at most " + std::to_string(last) + ", found " + std::to_string(number));
    value = static_cast<T>(number);
  }

  void read_blob(auto& value) {
    const auto bytes = in_.bytes();
    if (!bytes) return fail_type("bytes");
    if (bytes->size() != sizeof value)
      return fail("expected " + std::to_string(sizeof value) + " bytes, found " +
                  std::to_string(bytes->size()));
    std::memcpy(&value, bytes->data(), sizeof value);
  }

  void read_blob_list(std::vector<thread_record>& value) { read_records(value, "thread records"); }

  void read_blob_list(std::vector<CallReading>& value) {
    read_records(value, "calls", call_reading_bytes_);
  }

  /// `bytes_each` is how long they are in this recording.
  template <class T>
  void read_records(std::vector<T>& value, std::string_view what,
                    std::size_t bytes_each = sizeof(T)) {
    const auto bytes = in_.bytes();
    if (!bytes) return fail_type("bytes");
    const std::string expected =
        "expected " + std::string(what) + " of " + std::to_string(sizeof(T)) + " bytes, found ";
    if (!bytes->empty() && bytes_each != sizeof(T))
      return fail(expected + std::string(what) + " of " + std::to_string(bytes_each) +
                  "; read it with the culprit that made it");
    if (bytes->size() % sizeof(T) != 0)
      return fail(expected + std::to_string(bytes->size()) + " bytes");
    value.resize(bytes->size() / sizeof(T));
    if (!value.empty()) std::memcpy(value.data(), bytes->data(), bytes->size());
    for (std::size_t index = 0; index < value.size() && !failed(); ++index)
      check(value[index], index);
  }

  // What the model uses as an index or as a string.
  void check(const thread_record& thread, std::size_t index) {
    const bool sound = thread.condition <= THREAD_BLOCKED && thread.reason < BLOCKED_REASONS &&
                       std::memchr(thread.name, 0, sizeof thread.name) != nullptr;
    if (!sound) fail("record " + std::to_string(index) + " is not a thread's");
  }

  void check(const CallReading& reading, std::size_t index) {
    if (!is_known(reading.call.outcome) || !is_known(reading.call.transaction))
      fail("record " + std::to_string(index) + " is not a call");
  }

  void read_list(auto& list) {
    const auto size = in_.array();
    if (!size) return fail_type("an array");
    if (*size > kMaxElements) return fail("expected at most 1048576 elements");
    for (std::size_t index = 0; index < *size && !failed(); ++index) {
      path_.push_back({.key = {}, .index = index, .is_key = false});
      read(list.emplace_back());
      path_.pop_back();
    }
  }

  // Counters by an enum may be fewer than today's: causes of loss are added at the end.
  template <class T, std::size_t N>
  void read_array(std::array<T, N>& array) {
    const auto size = in_.array();
    if (!size) return fail_type("an array");
    if (*size > N || (std::is_floating_point_v<T> && *size != N))
      return fail("expected " + std::to_string(N) + " elements, found " + std::to_string(*size));
    for (std::size_t index = 0; index < *size && !failed(); ++index) {
      path_.push_back({.key = {}, .index = index, .is_key = false});
      read(array[index]);
      path_.pop_back();
    }
  }

  template <class Key, class T>
  void read_map(std::map<Key, T>& map) {
    const auto size = in_.map();
    if (!size) return fail_type("a map");
    if (*size > kMaxElements) return fail("expected at most 1048576 elements");
    for (std::size_t index = 0; index < *size && !failed(); ++index) {
      path_.push_back({.key = {}, .index = index, .is_key = false});
      Key key{};
      T element{};
      read(key);
      read(element);
      if (!map.empty() && !(map.rbegin()->first < key)) fail("expected keys in ascending order");
      map.emplace_hint(map.end(), std::move(key), std::move(element));
      path_.pop_back();
    }
  }

  void read_struct(auto& value) {
    const auto size = in_.map();
    if (!size) return fail_type("a map");
    const std::size_t outer = std::exchange(pairs_left_, *size);
    describe(*this, value);
    if (!failed() && pairs_left_ > 0) fail("unknown key '" + to_utf8(next_key()) + "'");
    pairs_left_ = outer;
  }

  CborReader in_;
  std::uint32_t call_reading_bytes_;
  std::vector<PathPart> path_;
  std::size_t pairs_left_ = 0;
  std::optional<std::string_view> held_key_;
  std::optional<std::string> error_;
};

template <class T>
Result<T> decode(std::string_view data, std::uint32_t call_reading_bytes) {
  Decoder decoder(data, call_reading_bytes);
  T value;
  decoder.read(value);
  if (const Status done = decoder.finish(); !done) return misuse(done.error().message);
  return value;
}

}  // namespace

Result<Sample> decode_sample(std::string_view data, std::uint32_t call_reading_bytes) {
  return decode<Sample>(data, call_reading_bytes);
}

Result<RecordingHeader> decode_header(std::string_view data) {
  return decode<RecordingHeader>(data, sizeof(CallReading));
}

}  // namespace culprit
