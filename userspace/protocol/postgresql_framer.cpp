// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_framer.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

constexpr std::size_t kHead = 5;              // letter and length
constexpr std::size_t kStartUpHead = 4;       // length alone
constexpr std::uint32_t kShortest = 4;        // a length counts itself
constexpr std::uint32_t kLongest = 1u << 30;  // the server takes no more
constexpr std::uint32_t kShortestStartUp = 8, kLongestStartUp = 10000;

using Rule = PostgresqlFramer::Rule;
using Rules = std::array<Rule, 128>;

constexpr void add(Rules& rules, std::string_view letters, bool kept, std::uint32_t exact = 0) {
  for (const char letter : letters)
    rules[static_cast<std::size_t>(letter)] = Rule{true, kept, exact};
}

constexpr Rules client_rules() {
  Rules rules{};
  add(rules, std::string_view("QPBEC\0", 6), true);
  add(rules, "DFpdf", false);
  add(rules, "SHXc", false, kShortest);
  return rules;
}

constexpr Rules server_rules() {
  Rules rules{};
  add(rules, "CE", true);
  add(rules, "Z", true, 5);
  add(rules, "RKSTDtNAVvWGHd", false);
  add(rules, "123nIsc", false, kShortest);
  return rules;
}

constexpr Rules kClientRules = client_rules(), kServerRules = server_rules();

const Rule& rule_of(PostgresqlSide side, char letter) {
  static constexpr Rule kNone;
  const auto index = static_cast<unsigned char>(letter);
  if (index >= kClientRules.size()) return kNone;
  return side == PostgresqlSide::kClient ? kClientRules[index] : kServerRules[index];
}

bool fits(const Rule& rule, char letter, std::uint32_t length) {
  if (letter == '\0') return length >= kShortestStartUp && length <= kLongestStartUp;
  if (rule.exact) return length == rule.exact;
  return length >= kShortest && length <= kLongest;
}

/// What it asks for is a version, or one of the numbers that no version will have.
bool begins_start_up(std::string_view bytes) {
  constexpr std::uint32_t kVersion = 3, kRequests = 1234;
  if (bytes.size() < kShortestStartUp || !fits({}, '\0', read_u32(bytes))) return false;
  const std::uint32_t major = read_u32(bytes.substr(4)) >> 16;
  return major == kVersion || major == kRequests;
}

}  // namespace

void PostgresqlFramer::feed(const Piece& piece) {
  bytes_ = piece.bytes;
  time_ns_ = piece.time_ns;
  arrived_ns_ = piece.arrived_ns;
  tid_ = piece.tid;
  passed_ += piece.missing_before + piece.bytes.size();
  if (lost_)
    lose();
  else if (piece.missing_before > 0)
    skip(piece.missing_before);
}

void PostgresqlFramer::skip(std::uint64_t missing) {
  if (!in_body_) {
    lose();
    return;
  }
  cut_ = true;
  untouched_ = false;
  ends_in_gap_ = missing > left_;
  left_ -= std::min(missing, left_);
}

void PostgresqlFramer::lose() {
  untold_ += passed_ - bytes_.size();
  passed_ = bytes_.size();
  lost_ = true;
  in_body_ = ends_in_gap_ = false;
  head_size_ = 0;
}

void PostgresqlFramer::reset() {
  lose();
  lost_ = false;
}

void PostgresqlFramer::drop_rest() {
  if (!lost_) return;
  untold_ += passed_;
  passed_ = 0;
  bytes_ = {};
}

const PostgresqlMessage* PostgresqlFramer::next() {
  while (!lost_) {
    if (!in_body_ && !take_head()) return nullptr;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes_.size()));
    const std::string_view bytes = bytes_.substr(0, part);
    bytes_.remove_prefix(part);
    const bool is_whole = part == left_ && untouched_;
    untouched_ = false;
    left_ -= part;
    if (!is_whole && keeping_) keep(bytes);
    if (left_ > 0) return nullptr;
    message_.body = is_whole ? bytes : std::string_view(kept_);
    message_.cut = cut_;
    passed_ -= message_.size;
    in_body_ = false;
    if (ends_in_gap_) lose();
    return &message_;
  }
  return nullptr;
}

/// False while the header is not complete, or when it is none.
bool PostgresqlFramer::take_head() {
  if (bytes_.empty()) return false;
  if (head_size_ == 0) {
    message_.first_ns = time_ns_;
    message_.first_arrived_ns = arrived_ns_;
    message_.first_tid = tid_;
    head_[0] = bytes_[0];
  }
  const Rule& rule = rule_of(side_, head_[0]);
  const std::size_t whole = head_[0] == '\0' ? kStartUpHead : kHead;
  bool begun = false;
  if (head_size_ == 0 && bytes_.size() >= whole) {
    const std::string_view head = bytes_.substr(0, whole);
    bytes_.remove_prefix(whole);
    begun = rule.known && begin(rule, head);
  } else {
    const std::size_t part = std::min(whole - head_size_, bytes_.size());
    std::copy_n(bytes_.data(), part, head_ + head_size_);
    head_size_ += part;
    bytes_.remove_prefix(part);
    if (rule.known && head_size_ < whole) return false;
    begun = rule.known && begin(rule, {head_, whole});
  }
  if (begun) return true;
  contradicted_ = true;
  lose();
  return false;
}

bool PostgresqlFramer::begin(const Rule& rule, std::string_view head) {
  const char type = head[0];
  const std::uint32_t length = read_u32(head.substr(head.size() - 4));
  if (!fits(rule, type, length)) return false;
  head_size_ = 0;
  message_.type = type;
  message_.size = length + head.size() - 4;
  left_ = length - 4;
  in_body_ = untouched_ = true;
  cut_ = false;
  keeping_ = rule.kept;
  if (!kept_.empty()) kept_.clear();
  return true;
}

void PostgresqlFramer::keep(std::string_view bytes) {
  const std::size_t room = kMostKept - kept_.size();
  if (!cut_) kept_.append(bytes.substr(0, room));
  if (bytes.size() > room) cut_ = true;
}

bool PostgresqlFramer::finds_messages() const {
  return chain(bytes_, false);
}

bool PostgresqlFramer::are_messages(std::string_view bytes) const {
  return chain(bytes, true);
}

// Text has no NUL, with which the length of all but huge messages begins.
bool PostgresqlFramer::chain(std::string_view bytes, bool to_the_end) const {
  if (bytes.empty()) return false;
  while (!bytes.empty()) {
    const char letter = bytes[0];
    const Rule& rule = rule_of(side_, letter);
    if (letter == '\0') return rule.known && begins_start_up(bytes);
    if (!rule.known || (bytes.size() > 1 && bytes[1] != '\0')) return false;
    if (bytes.size() < kHead) return !to_the_end;
    const std::uint32_t length = read_u32(bytes.substr(1));
    if (!fits(rule, letter, length)) return false;
    if (length >= bytes.size()) return !to_the_end;
    bytes.remove_prefix(1 + length);
  }
  return true;
}

}  // namespace culprit
