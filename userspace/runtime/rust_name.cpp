// SPDX-License-Identifier: Apache-2.0
#include "runtime/rust_name.h"

#include <cstddef>
#include <cstdint>

namespace culprit {
namespace {

constexpr int kMostSteps = 4096;
constexpr int kDeepest = 64;
constexpr std::size_t kLongestName = 4096;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

std::string_view basic_type(char letter) {
  switch (letter) {
    case 'a':
      return "i8";
    case 'b':
      return "bool";
    case 'c':
      return "char";
    case 'd':
      return "f64";
    case 'e':
      return "str";
    case 'f':
      return "f32";
    case 'h':
      return "u8";
    case 'i':
      return "isize";
    case 'j':
      return "usize";
    case 'l':
      return "i32";
    case 'm':
      return "u32";
    case 'n':
      return "i128";
    case 'o':
      return "u128";
    case 'p':
      return "_";
    case 's':
      return "i16";
    case 't':
      return "u16";
    case 'u':
      return "()";
    case 'v':
      return "...";
    case 'x':
      return "i64";
    case 'y':
      return "u64";
    case 'z':
      return "!";
    default:
      return "";
  }
}

/// Walks along the symbol; each method takes one part of the grammar off and writes it. After
/// a failure all of them do nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::string> read() {
    path();
    if (failed_ || name_.empty()) return std::nullopt;
    return name_;
  }

 private:
  char next() {
    if (at_ >= text_.size()) return fail();
    return text_[at_++];
  }
  char fail() {
    failed_ = true;
    return '\0';
  }
  bool take(char letter) {
    if (failed_ || at_ >= text_.size() || text_[at_] != letter) return false;
    at_++;
    return true;
  }
  void write(std::string_view text) {
    if (silent_ > 0 || failed_) return;
    if (name_.size() + text.size() > kLongestName) fail();
    name_ += text;
  }
  /// True while there are steps left; every call has to be matched by leave().
  bool enter() {
    depth_++;
    if (++steps_ > kMostSteps || depth_ > kDeepest) fail();
    return !failed_;
  }
  void leave() { depth_--; }

  /// "_" is 0, "0_" is 1, and so on with 62 digits.
  std::uint64_t number62() {
    if (take('_')) return 0;
    std::uint64_t value = 0;
    for (char letter = next(); !failed_ && letter != '_'; letter = next()) {
      const bool lower = letter >= 'a' && letter <= 'z', upper = letter >= 'A' && letter <= 'Z';
      if (!is_digit(letter) && !lower && !upper) return static_cast<std::uint64_t>(fail());
      const int digit = is_digit(letter) ? letter - '0'
                        : lower          ? letter - 'a' + 10
                                         : letter - 'A' + 36;
      value = value * 62 + static_cast<std::uint64_t>(digit);
    }
    return value + 1;
  }

  void disambiguator() {
    if (take('s')) number62();
  }

  std::string_view identifier() {
    take('u');  // Punycode, which stays as it is
    std::size_t size = 0;
    while (!failed_ && at_ < text_.size() && is_digit(text_[at_]) && size <= text_.size())
      size = size * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    take('_');
    if (failed_ || size > text_.size() - at_) {
      fail();
      return {};
    }
    at_ += size;
    return text_.substr(at_ - size, size);
  }

  /// What stands at an earlier place; `part` reads it there.
  template <typename Part>
  void back_reference(std::size_t here, Part part) {
    const std::uint64_t place = number62();
    if (failed_ || place >= here) {
      fail();
      return;
    }
    const std::size_t after = at_;
    at_ = static_cast<std::size_t>(place);
    part();
    at_ = after;
  }

  void path() {
    if (enter()) path_of(next());
    leave();
  }

  void path_of(char kind) {
    const std::size_t here = at_ - 1;
    switch (kind) {
      case 'C':
        disambiguator();
        return write(identifier());
      case 'N':
        return nested();
      case 'M':
        implementation();
        write("<");
        type();
        return write(">");
      case 'X':
        implementation();
        [[fallthrough]];
      case 'Y':
        write("<");
        type();
        write(" as ");
        path();
        return write(">");
      case 'I':
        path();
        silent_++;
        while (!failed_ && !take('E')) generic_argument();
        silent_--;
        return;
      case 'B':
        return back_reference(here, [this] { path(); });
      default:
        fail();
    }
  }

  void nested() {
    const char space = next();
    path();
    disambiguator();
    const std::string_view name = identifier();
    if (space == 'C') return write("::{closure}");
    if (space == 'S') return write("::{shim}");
    if (name.empty()) return;
    write("::");
    write(name);
  }

  /// Where an implementation stands, which its type tells better.
  void implementation() {
    disambiguator();
    silent_++;
    path();
    silent_--;
  }

  void generic_argument() {
    if (take('L'))
      number62();
    else if (take('K'))
      constant();
    else
      type();
  }

  void constant() {
    if (enter()) {
      const std::size_t here = at_;
      const char kind = next();
      if (kind == 'B')
        back_reference(here, [this] { constant(); });
      else if (kind != 'p')
        constant_data(kind);
    }
    leave();
  }
  void constant_data(char kind) {
    if (basic_type(kind).empty()) fail();
    take('n');
    std::string_view digits = text_.substr(at_);
    digits = digits.substr(0, digits.find('_'));
    at_ += digits.size();
    if (!take('_')) fail();
    write(digits);
  }

  void type() {
    if (enter()) type_of(next());
    leave();
  }

  void type_of(char kind) {
    const std::size_t here = at_ - 1;
    if (const std::string_view name = basic_type(kind); !name.empty()) return write(name);
    switch (kind) {
      case 'R':
        return pointer("&");
      case 'Q':
        return pointer("&mut ");
      case 'P':
        return pointer("*const ");
      case 'O':
        return pointer("*mut ");
      case 'S':
        return list("[", "]", false);
      case 'A':
        return list("[", "]", true);
      case 'T':
        write("(");
        for (bool first = true; !failed_ && !take('E'); first = false) {
          if (!first) write(", ");
          type();
        }
        return write(")");
      case 'F':
        return function();
      case 'D':
        return trait_object();
      case 'B':
        return back_reference(here, [this] { type(); });
      default:
        path_of(kind);
    }
  }

  void pointer(std::string_view sign) {
    if (take('L')) number62();
    write(sign);
    type();
  }

  void list(std::string_view begin, std::string_view end, bool has_size) {
    write(begin);
    type();
    if (has_size) {
      write("; ");
      constant();
    }
    write(end);
  }

  void function() {
    if (take('G')) number62();
    take('U');
    if (take('K') && !take('C')) identifier();
    write("fn");
    silent_++;
    while (!failed_ && !take('E')) type();
    type();
    silent_--;
  }

  void trait_object() {
    write("dyn ");
    if (take('G')) number62();
    for (bool first = true; !failed_ && !take('E'); first = false) {
      if (!first) write(" + ");
      path();
      silent_++;
      while (take('p')) {
        identifier();
        type();
      }
      silent_--;
    }
    if (!take('L')) fail();
    number62();
  }

  std::string_view text_;  ///< behind "_R", from where back references count
  std::size_t at_ = 0;
  std::string name_;
  bool failed_ = false;
  int silent_ = 0, depth_ = 0, steps_ = 0;
};

}  // namespace

std::optional<std::string> read_rust_name(std::string_view symbol) {
  if (symbol.substr(0, 2) != "_R") return std::nullopt;
  return Reader(symbol.substr(2)).read();
}

}  // namespace culprit
