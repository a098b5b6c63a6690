// SPDX-License-Identifier: Apache-2.0
#include "util/capabilities.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstring>

namespace culprit {

Result<std::string> keep_capabilities(const std::vector<int>& kept) {
  if (capng_get_caps_process() != 0) return fail("capabilities cannot be read");
  std::vector<unsigned> held;
  std::string names;
  for (const int capability : kept) {
    const auto number = static_cast<unsigned>(capability);
    if (!capng_have_capability(CAPNG_PERMITTED, number)) continue;
    held.push_back(number);
    names += (names.empty() ? "" : " ") + std::string(capng_capability_to_name(number));
  }
  // Without CAP_SETPCAP, as of an ordinary user, the bounding set stays; there is nothing in it
  // that could be got back, since programs that we start gain nothing either.
  const bool all = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
  const capng_select_t select = all ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
  capng_clear(select);
  for (const unsigned number : held)
    capng_update(CAPNG_ADD,
                 static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED |
                                           (all ? CAPNG_BOUNDING_SET : 0)),
                 number);
  if (const int error = capng_apply(select); error != 0)
    return fail("capabilities cannot be given up: error " + std::to_string(error) + ": " +
                std::strerror(errno));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail(std::string("PR_SET_NO_NEW_PRIVS: ") + std::strerror(errno));
  return names;
}

}  // namespace culprit
