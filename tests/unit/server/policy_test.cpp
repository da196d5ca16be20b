// What each policy allows up to its limit, and what the first step above it earns.
#include "server/policy.h"

#include <doctest/doctest.h>

#include <string>

namespace wsspec::server {
namespace {

using std::chrono::milliseconds;
using TimePoint = RateWindow::TimePoint;

std::optional<Breach> message(MessagePolicy& policy, wire::Opcode type, std::string_view octets,
                              TimePoint at = {}) {
  if (auto breach = policy.begin(type, octets.size())) return breach;
  return policy.end(wire::as_octets(octets), at);
}

wire::HttpRequest request(std::string target, wire::HeaderList headers = {}) {
  return {"GET", std::move(target), "HTTP/1.1", std::move(headers)};
}

TEST_CASE("a window takes its limit and not one more, wherever it is laid") {
  RateWindow window(3, milliseconds(100));
  const TimePoint start{};
  for (const int at : {0, 40, 99}) CHECK(window.take(start + milliseconds(at)));
  CHECK_FALSE(window.take(start + milliseconds(99)));
  // The event at 0 is 100 ms old: there is room for one.
  CHECK(window.take(start + milliseconds(100)));
  CHECK_FALSE(window.take(start + milliseconds(139)));
  CHECK(window.take(start + milliseconds(140)));
}

TEST_CASE("a sliding window refuses twice the limit around the border of two fixed ones") {
  RateWindow window(20, milliseconds(1000));
  const TimePoint start{};
  for (int i = 0; i < 20; ++i) CHECK(window.take(start + milliseconds(950 + i)));
  CHECK_FALSE(window.take(start + milliseconds(1020)));
}

TEST_CASE("a window equals a brute-force count over all that were taken") {
  for (const std::uint64_t limit : {1, 2, 5}) {
    RateWindow window(limit, milliseconds(10));
    std::vector<int> taken;
    std::uint32_t random = 1;
    int now = 0;
    for (int i = 0; i < 2000; ++i) {
      random = random * 1664525 + 1013904223;
      now += static_cast<int>(random >> 29);
      std::uint64_t recent = 0;
      for (const int at : taken) recent += now - at < 10 ? 1 : 0;
      const bool expected = recent < limit;
      CHECK(window.take(TimePoint{} + milliseconds(now)) == expected);
      if (expected) taken.push_back(now);
    }
  }
}

TEST_CASE("no rate means no limit") {
  RateWindow window(0, milliseconds(1000));
  for (int i = 0; i < 10000; ++i) CHECK(window.take(TimePoint{}));
}

TEST_CASE("the rate counts messages of either type, empty ones too, and closes 1008") {
  ServerPolicies policies;
  policies.message_rate = 2;
  MessagePolicy policy(policies);
  CHECK_FALSE(message(policy, wire::Opcode::text, ""));
  CHECK_FALSE(message(policy, wire::Opcode::binary, "x"));
  const auto breach = message(policy, wire::Opcode::text, "");
  REQUIRE(breach);
  CHECK(breach->code == 1008);
  CHECK_FALSE(message(policy, wire::Opcode::text, "", TimePoint{} + milliseconds(1000)));
}

TEST_CASE("the size is judged by the header: whole, in fragments, and where the sum overflows") {
  ServerPolicies policies;
  policies.max_message = 100;
  MessagePolicy policy(policies);
  CHECK_FALSE(policy.begin(wire::Opcode::text, 100));
  CHECK(policy.begin(wire::Opcode::text, 101)->code == 1009);
  CHECK_FALSE(policy.begin(wire::Opcode::text, 60));
  CHECK_FALSE(policy.proceed(40));
  CHECK_FALSE(policy.proceed(0));
  CHECK(policy.proceed(1)->code == 1009);
  CHECK_FALSE(policy.begin(wire::Opcode::binary, 1));
  CHECK(policy.proceed(~std::uint64_t{0} >> 1)->code == 1009);
  CHECK_FALSE(policy.begin(wire::Opcode::binary, 100));  // each message anew
}

TEST_CASE("fragments are counted per message") {
  ServerPolicies policies;
  policies.max_fragments = 3;
  MessagePolicy policy(policies);
  for (int round = 0; round < 2; ++round) {
    CHECK_FALSE(policy.begin(wire::Opcode::text, 0));
    CHECK_FALSE(policy.proceed(0));
    CHECK_FALSE(policy.proceed(0));
  }
  CHECK(policy.proceed(0)->code == 1008);
}

TEST_CASE("a text-only endpoint refuses binary by its type, at the header") {
  ServerPolicies policies;
  policies.text_only = true;
  MessagePolicy policy(policies);
  CHECK_FALSE(policy.begin(wire::Opcode::text, 1u << 20));
  CHECK(policy.begin(wire::Opcode::binary, 0)->code == 1003);
}

TEST_CASE("forbidden content counts in text, anywhere, and nowhere else") {
  ServerPolicies policies;
  policies.forbidden = {"badword", "\xc3\xa9"};
  MessagePolicy policy(policies);
  CHECK(message(policy, wire::Opcode::text, "badword")->code == 1008);
  CHECK(message(policy, wire::Opcode::text, "a badwordy thing")->code == 1008);
  CHECK(message(policy, wire::Opcode::text, "caf\xc3\xa9")->code == 1008);
  CHECK_FALSE(message(policy, wire::Opcode::text, "badwor"));
  CHECK_FALSE(message(policy, wire::Opcode::text, "Badword"));
  CHECK_FALSE(message(policy, wire::Opcode::binary, "badword"));
}

TEST_CASE("a token is found in the query or in Authorization, and only one may be there") {
  CHECK(token_of(request("/?token=abc")) == "abc");
  CHECK(token_of(request("/chat?a=1&token=abc&b=2")) == "abc");
  CHECK(token_of(request("/?token=a%2Bb%20c+d")) == "a+b c+d");
  CHECK(token_of(request("/?token=")) == "");
  CHECK(token_of(request("/?token=%4")) == "");
  CHECK(token_of(request("/?token=%zz")) == "");
  CHECK(token_of(request("/?token=a&token=a")) == "");
  CHECK(token_of(request("/", {{"authorization", "bearer abc"}})) == "abc");
  CHECK(token_of(request("/", {{"Authorization", "Basic abc"}})) == "");
  CHECK(token_of(request("/?token=a", {{"Authorization", "Bearer a"}})) == "");
  CHECK_FALSE(token_of(request("/")));
  CHECK_FALSE(token_of(request("/?nottoken=a")));
  CHECK_FALSE(token_of(request("/token=a")));
}

TEST_CASE("a token must be one of the list, to the octet") {
  ServerPolicies policies;
  CHECK_FALSE(check_token(request("/"), policies));
  policies.tokens = {"one", "two"};
  CHECK_FALSE(check_token(request("/?token=one"), policies));
  CHECK_FALSE(check_token(request("/?token=two"), policies));
  for (const char* target : {"/", "/?token=", "/?token=ONE", "/?token=on", "/?token=onee"}) {
    CAPTURE(target);
    const auto breach = check_token(request(target), policies);
    REQUIRE(breach);
    CHECK(breach->code == 1008);
    CHECK(breach->reason.find("one") == std::string_view::npos);
  }
}

TEST_CASE("an origin passes only when it is on the list letter by letter") {
  ServerPolicies policies;
  CHECK(origin_allowed(request("/", {{"Origin", "https://evil.example"}}), policies));
  policies.origins = {"https://a.example"};
  CHECK(origin_allowed(request("/"), policies));
  CHECK(origin_allowed(request("/", {{"origin", "https://a.example"}}), policies));
  for (const char* origin : {"https://a.example.evil.example", "https://evil-a.example",
                             "http://a.example", "https://a.example:444", "https://a.example.",
                             "https://a.example/", "https://A.example", "null", ""}) {
    CAPTURE(origin);
    CHECK_FALSE(origin_allowed(request("/", {{"Origin", origin}}), policies));
  }
  const wire::HeaderList twice{{"Origin", "https://a.example"}, {"Origin", "https://a.example"}};
  CHECK_FALSE(origin_allowed(request("/", twice), policies));
}

}  // namespace
}  // namespace wsspec::server
