// Which proxy: --proxy's text, and the environment as curl reads it.
#include "app/proxy.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace wsspec;

namespace {

using Variables = std::map<std::string, std::string>;

std::string chosen(const char* url, const Variables& variables) {
  return proxy_of_environment(*wire::parse_url(url), [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

}  // namespace

TEST_CASE("a proxy's URL: scheme, login, host, port") {
  const auto full = parse_proxy("http://me:p%40ss@proxy.example:3128/");
  REQUIRE(full.has_value());
  CHECK(full->host == "proxy.example");
  CHECK(full->port == 3128);
  CHECK(full->user == "me");
  CHECK(full->password == "p@ss");
  CHECK(parse_proxy("proxy.example")->port == 1080);
  CHECK(parse_proxy("proxy.example:80")->port == 80);
  CHECK(parse_proxy("http://[::1]:81")->host == "::1");
  CHECK(parse_proxy("http://[::1]")->port == 1080);
  CHECK(parse_proxy("SOCKS5://h:1")->kind == net::ProxyRoute::Kind::socks5);
  CHECK_FALSE(parse_proxy("socks5://h:1")->resolves);
  CHECK(parse_proxy("socks5h://h:1")->resolves);
}

TEST_CASE("what is none does not repeat the text, which may hold a password") {
  for (const char* text :
       {"", "ftp://me:sesame@h", "https://sesame", "http://", "http://sesame:x/"}) {
    const auto proxy = parse_proxy(text);
    CHECK_MESSAGE(!proxy.has_value(), text);
    if (!proxy) CHECK(proxy.error().find("sesame") == std::string::npos);
  }
}

TEST_CASE("the environment: by scheme, lower case first, HTTP_PROXY never") {
  CHECK(chosen("wss://a.example", {{"https_proxy", "x:1"}, {"HTTPS_PROXY", "y:1"}}) == "x:1");
  CHECK(chosen("wss://a.example", {{"HTTPS_PROXY", "y:1"}}) == "y:1");
  CHECK(chosen("ws://a.example", {{"http_proxy", "x:1"}}) == "x:1");
  CHECK(chosen("ws://a.example", {{"HTTP_PROXY", "x:1"}}).empty());
  CHECK(chosen("ws://a.example", {{"https_proxy", "x:1"}}).empty());
  CHECK(chosen("ws://a.example", {{"ALL_PROXY", "z:1"}}) == "z:1");
  CHECK(chosen("ws://a.example", {{"http_proxy", ""}, {"all_proxy", "z:1"}}) == "z:1");
  CHECK(chosen("ws://127.0.0.1:9001", {{"http_proxy", "x:1"}}).empty());
  CHECK(chosen("ws://localhost", {{"http_proxy", "x:1"}}).empty());
}

TEST_CASE("no_proxy names hosts, and all that end in them") {
  const auto excepted = [](const char* list, const char* url) {
    return is_excepted(list, *wire::parse_url(url));
  };
  CHECK(excepted("*", "ws://a.example"));
  CHECK(excepted("b.example, a.example", "ws://A.example"));
  CHECK(excepted("example", "ws://a.example"));
  CHECK(excepted(".example", "ws://a.example"));
  CHECK(excepted("a.example:80", "ws://a.example"));
  CHECK(excepted("[fe80::1]", "ws://[fe80::1]/"));
  CHECK_FALSE(excepted("a.example:81", "ws://a.example"));
  CHECK_FALSE(excepted("ample", "ws://a.example"));
  CHECK_FALSE(excepted("", "ws://a.example"));
  CHECK_FALSE(excepted(", ,", "ws://a.example"));
  CHECK(chosen("ws://a.example", {{"http_proxy", "x:1"}, {"NO_PROXY", "example"}}).empty());
}
