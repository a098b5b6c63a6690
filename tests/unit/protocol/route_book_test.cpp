// SPDX-License-Identifier: Apache-2.0
#include "protocol/route_book.h"

#include <set>
#include <string>

#include "catch.h"

using namespace culprit;

namespace {

std::string route(std::string_view target) {
  RouteBook book;
  return std::string(book.route(1, target));
}

/// A word that is no id, for each number another.
std::string word(int number) {
  std::string text = "w";
  for (; number > 0; number /= 16) text += static_cast<char>('g' + number % 16);
  return text;
}

}  // namespace

TEST_CASE("a path without ids is its own route") {
  for (const char* path : {"/", "/users", "/users/", "/api/v1/health", "/static/app.js",
                           "/a/sha-256", "/oauth2/callback", "/api/1.0/users", "/@name",
                           "/OAuth2Callback", "/well-known/openid-configuration", "/~home/x509"}) {
    CHECK(route(path) == path);
  }
}

TEST_CASE("ids become {id}") {
  CHECK(route("/users/1") == "/users/{id}");
  CHECK(route("/users/-17/orders/123456789012345") == "/users/{id}/orders/{id}");
  CHECK(route("/u/550e8400-e29b-41d4-a716-446655440000/x") == "/u/{id}/x");
  CHECK(route("/u/550E8400E29B41D4A716446655440000") == "/u/{id}");
  CHECK(route("/commit/deadbeef") == "/commit/{id}");
  CHECK(route("/commit/3f9a8c7") == "/commit/3f9a8c7");  // seven digits
  CHECK(route("/tx/0x3f9a8c7b") == "/tx/{id}");
  CHECK(route("/mail/bob@shop.example") == "/mail/{id}");
  CHECK(route("/mail/bob%40shop.example/x") == "/mail/{id}/x");
  CHECK(route("/day/2026-11-21") == "/day/{id}");
  CHECK(route("/at/2026-11-21T10:30:00Z") == "/at/{id}");
  CHECK(route("/host/10.0.0.17") == "/host/{id}");
  CHECK(route("/watch/dQw4w9WgXcQ") == "/watch/{id}");
  CHECK(route("/c/cus_9s6XKzkNRiz8i3") == "/c/{id}");
  CHECK(route("/s/V1StGXR8_Z5jdHi6B-myT") == "/s/{id}");
  CHECK(route("/u/01ARZ3NDEKTSV4RRFFQ69G5FAV") == "/u/{id}");
  CHECK(route("/t/" + std::string(100, 'x')) == "/t/{id}");
  CHECK(route("/order-12345/x") == "/order-{id}/x");
  CHECK(route("/q/hello%20world") == "/q/{id}");
  CHECK(route("/q/%D0%B0%D0%B1") == "/q/{id}");
  CHECK(route("/q/a%2Fb") == "/q/{id}");
  CHECK(route("/q/100%") == "/q/{id}");
  CHECK(route("/%7Eme") == "/~me");
}

TEST_CASE("file extensions stay") {
  CHECK(route("/img/12345.png") == "/img/{id}.png");
  CHECK(route("/js/main.3f9a8c7b1d.js") == "/js/main.{id}.js");
  CHECK(route("/js/550e8400-e29b-41d4-a716-446655440000.js") == "/js/{id}.js");
  CHECK(route("/.env") == "/.env");
}

TEST_CASE("what is not the path is left out") {
  CHECK(route("/a?token=secret") == "/a");
  CHECK(route("/a/?q=/x/y") == "/a/");
  CHECK(route("/a#fragment") == "/a");
  CHECK(route("/a;jsessionid=secret/b;v=1") == "/a/b");
  CHECK(route("http://user:secret@shop.example:80/a/1?b") == "/a/{id}");
  CHECK(route("http://shop.example") == "/");
  CHECK(route("http://shop.example?a=/b") == "/");
  CHECK(route("db.example:443") == "{authority}");
  CHECK(route("*") == "*");
  CHECK(route("") == "{authority}");
  CHECK(route("?x") == "{authority}");
}

TEST_CASE("slashes in a row count once") {
  CHECK(route("//a///b//") == "/a/b/");
  CHECK(route("///") == "/");
}

TEST_CASE("what cannot be shown becomes ?") {
  CHECK(route("/a\x01\x7f\tb") == "/a???b");
  CHECK(route("/a\xff\xfe") == "/a??");
  CHECK(route("/caf\xc3\xa9") == "/caf\xc3\xa9");
  CHECK(route(std::string_view("/a\0b", 4)) == "/a?b");
}

TEST_CASE("routes are bounded in length") {
  std::string deep;
  for (int i = 0; i < 50; i++) deep += "/a";
  CHECK(route(deep) == "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/{rest}");
  std::string wide;
  for (int i = 0; i < 10; i++) wide += "/" + std::string(60, 'w');
  const std::string cut = route(wide);
  CHECK(cut.size() <= RouteBook::kLongestRoute);
  CHECK(cut.ends_with("/{rest}"));
  CHECK(route(std::string(100000, '/')) == "/");
}

TEST_CASE("a place that takes many values becomes an id") {
  RouteBook book;
  const int most = static_cast<int>(RouteBook::kMostValues);
  for (int i = 0; i < most; i++)
    CHECK(book.route(1, "/by-name/" + word(i) + "/cart") == "/by-name/" + word(i) + "/cart");
  CHECK(book.route(1, "/by-name/" + word(most) + "/cart") == "/by-name/{id}/cart");
  CHECK(book.route(1, "/by-name/" + word(0) + "/cart") == "/by-name/{id}/cart");
  CHECK(book.route(1, "/by-name/" + word(1) + ".json") == "/by-name/{id}.json");
  // Elsewhere nothing was learned.
  CHECK(book.route(1, "/other/" + word(0)) == "/other/" + word(0));
  CHECK(book.route(2, "/by-name/" + word(0) + "/cart") == "/by-name/" + word(0) + "/cart");
}

TEST_CASE("a scan for holes does not unlearn the routes there are") {
  RouteBook book;
  for (int i = 0; i < 1000; i++) book.route(1, "/checkout");
  for (int i = 0; i < 300; i++) book.route(1, "/" + word(i) + "/admin");
  CHECK(book.route(1, "/checkout") == "/checkout");
  CHECK(book.route(1, "/" + word(301)) == "/{id}");
}

TEST_CASE("routes of an application are bounded") {
  RouteBook book;
  std::set<std::string> routes;
  for (int i = 0; i < 30; i++)
    for (int j = 0; j < 30; j++)
      routes.insert(std::string(book.route(1, "/" + word(i) + "/" + word(j))));
  CHECK(routes.size() == RouteBook::kMostRoutes + 1);
  CHECK(routes.count("(other)") == 1);
  CHECK(book.route(1, "/" + word(0) + "/" + word(0)) == "/" + word(0) + "/" + word(0));
  CHECK(book.route(2, "/fresh") == "/fresh");
}

TEST_CASE("what is learned makes room") {
  RouteBook book;
  for (int i = 0; i < 5000; i++) book.route(1, "/" + word(i % 20) + "/" + word(i));
  std::set<std::string> routes;
  for (int i = 0; i < 5000; i++)
    routes.insert(std::string(book.route(1, "/" + word(i % 20) + "/" + word(i))));
  CHECK(routes.size() == 20);
}

TEST_CASE("places and applications are bounded, whatever is learned") {
  RouteBook book;
  std::set<std::string> routes;
  for (int i = 0; i < 60 * 60 * 60; i++)
    routes.insert(std::string(
        book.route(1, "/" + word(i / 3600) + "/" + word(i / 60 % 60) + "/" + word(i % 60))));
  CHECK(routes.size() <= RouteBook::kMostRoutesEver + 1);
  for (std::uint64_t i = 2; i < 3000; i++) CHECK(book.route(i, "/a/1") == "/a/{id}");
}
