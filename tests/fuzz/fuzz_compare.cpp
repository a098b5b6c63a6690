// SPDX-License-Identifier: Apache-2.0
// Two documents, one a line, are read as analyses and compared: whatever they are, they are
// refused in one line that names the file, or compared without a number that is none.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "analyze/compare.h"

namespace {

using namespace culprit;

void require(bool holds) {
  if (!holds) std::abort();
}

ObservedAnalysis observe(const std::string& text) {
  ObservedAnalysis all;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return all;
  for (int interval = 0; interval < 7; ++interval) {
    const Status added = add_analysis(all, document, "fuzz.json");
    if (added) continue;
    require(added.error().message.starts_with("fuzz.json: /"));
    require(added.error().message.find('\n') == std::string::npos);
    break;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const BeforeAfter comparison = compare(observe(text.substr(0, end)), observe(text.substr(end)));
  for (const Compared& number : comparison.numbers) {
    require(std::isfinite(number.before) && std::isfinite(number.after));
    require(!number.probability || (*number.probability >= 0 && *number.probability <= 1));
  }
  return 0;
}
