// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace culprit {

// Pure; names come out printable.

/// passwd(5): uid -> name, the first line of a uid counts. At most 65,536.
std::unordered_map<std::uint32_t, std::string> parse_passwd(std::string_view text);

/// Docker's config.v2.json: "Name" without the slash in front.
std::optional<std::string> parse_docker_config(std::string_view text);

/// Podman's containers.json: id -> first of "names".
std::unordered_map<std::string, std::string> parse_podman_containers(std::string_view text);

}  // namespace culprit
