// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace culprit {

/// Paths to route templates: what looks like an id becomes `{id}`; a place of a path that
/// takes too many values becomes one, too. Bounded per application.
class RouteBook {
 public:
  /// Values of one place of a path; with one more, the place is an `{id}` from then on, save
  /// for the few values that most requests have.
  static constexpr std::size_t kMostValues = 40;
  /// Routes of an application; further ones share "(other)".
  static constexpr std::size_t kMostRoutes = 500;
  /// And with those that were learned to be values.
  static constexpr std::size_t kMostRoutesEver = 2000;
  /// Applications beyond this learn together.
  static constexpr std::size_t kMostApplications = 1000;
  static constexpr std::size_t kLongestRoute = 200;
  /// Segments of a path beyond this are "{rest}".
  static constexpr std::size_t kMostSegments = 16;

  /// Template of a request target (origin or absolute form); the query string is left out.
  /// "*" stays, and the authority form (of CONNECT) is "{authority}". Text of the path which
  /// is no id is kept, control characters and what is not UTF-8 as `?`. The view holds until
  /// the next call.
  std::string_view route(std::uint64_t application, std::string_view target);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  /// A place in a path, told by what stands before it.
  struct Place {
    std::unordered_map<std::string, std::unique_ptr<Place>, Hash, std::equal_to<>> next;
    std::uint64_t uses = 0;
    std::size_t values = 0;  ///< of `next`, those that are no ids
    bool learned = false;    ///< took too many values
    bool route = false;      ///< a request ended here
  };
  struct Application {
    Place root;
    std::size_t places = 0, routes = 0, routes_ever = 0;
  };

  Application& application(std::uint64_t id);
  /// The place behind `segment`, whose text is then in label_; nullptr: there is no room.
  Place* step(Application& application, Place& place, std::string_view segment);
  static void learn(Application& application, Place& place);

  std::unordered_map<std::uint64_t, Application> applications_;
  std::string route_, label_;
};

}  // namespace culprit
