// SPDX-License-Identifier: Apache-2.0
#include "protocol/route_book.h"

#include <algorithm>

#include "protocol/path_token.h"

namespace culprit {

namespace {

constexpr std::size_t kMostPlaces = 4 * RouteBook::kMostRoutes;
constexpr std::string_view kOther = "(other)", kRest = "{rest}";
// A value that so many requests have, and that share of them, names an endpoint, however many
// others were tried: a scan for holes must not unlearn the routes there are.
constexpr std::uint64_t kBusyUses = 32, kBusyShare = 32;

/// Path of the target; "" when it has none.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (target.empty() || target[0] == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

bool is_id_label(std::string_view label) {
  return label.starts_with("{id}");
}

/// At most as long is the label of a segment; longer ones are ids.
std::size_t most_length(std::string_view segment) {
  return std::min<std::size_t>(segment.size(), 70) + 3;
}

}  // namespace

RouteBook::Application& RouteBook::application(std::uint64_t id) {
  const auto found = applications_.find(id);
  if (found != applications_.end()) return found->second;
  return applications_[applications_.size() < kMostApplications ? id : 0];
}

void RouteBook::learn(Application& application, Place& place) {
  const auto forget = [&application](const auto& self, const Place& gone) -> void {
    application.places--;
    application.routes -= gone.route;
    for (const auto& [text, below] : gone.next) self(self, *below);
  };
  std::uint64_t uses = 0;
  for (const auto& [text, below] : place.next) uses += below->uses;
  for (auto it = place.next.begin(); it != place.next.end();) {
    const Place& below = *it->second;
    if (is_id_label(it->first) || (below.uses >= kBusyUses && below.uses >= uses / kBusyShare)) {
      ++it;
      continue;
    }
    forget(forget, below);
    it = place.next.erase(it);
  }
  place.learned = true;
}

RouteBook::Place* RouteBook::step(Application& application, Place& place,
                                  std::string_view segment) {
  auto found = place.next.find(segment);
  if (found == place.next.end()) {
    path_label(segment, label_);
    found = place.next.find(label_);
    if (found == place.next.end() && !is_id_label(label_)) {
      if (!place.learned && place.values >= kMostValues) learn(application, place);
      if (place.learned) {
        label_.erase(0, label_.size() - file_extension(label_).size()).insert(0, "{id}");
        found = place.next.find(label_);
      }
    }
  } else {
    label_ = segment;
  }
  if (found == place.next.end()) {
    if (application.places >= kMostPlaces) return nullptr;
    application.places++;
    place.values += !is_id_label(label_);
    found = place.next.emplace(label_, std::make_unique<Place>()).first;
  }
  found->second->uses++;
  return found->second.get();
}

std::string_view RouteBook::route(std::uint64_t application_id, std::string_view target) {
  std::string_view path = path_of(target);
  if (path.empty()) return target == "*" ? "*" : "{authority}";
  Application& known = application(application_id);
  Place* place = &known.root;
  route_.clear();
  std::size_t segments = 0;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment.empty() && !path.empty()) continue;  // of several slashes, one counts
    const bool rest = ++segments > kMostSegments ||
                      route_.size() + most_length(segment) + kRest.size() + 2 > kLongestRoute;
    place = step(known, *place, rest ? kRest : segment);
    if (!place) return kOther;
    route_ += '/';
    route_ += label_;
    if (rest) break;
  }
  if (!place->route) {
    if (known.routes >= kMostRoutes || known.routes_ever >= kMostRoutesEver) return kOther;
    place->route = true;
    known.routes++;
    known.routes_ever++;
  }
  return route_;
}

}  // namespace culprit
