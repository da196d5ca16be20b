// The opening handshake as octets: what is built, what a 101 must hold, base64 and Accept. Reading
// a head from a stream of pieces is in http_head_test.cpp.
#include "wire/handshake.h"

#include <doctest/doctest.h>

#include <random>

#include "hex.h"

namespace wsspec::wire {
namespace {

using test::hex;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

HttpResponse good_response() {
  return {101,
          "HTTP/1.1",
          "Switching Protocols",
          {{"Upgrade", "websocket"},
           {"Connection", "Upgrade"},
           {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}},
          ""};
}

std::string problem(const HttpResponse& response, const std::vector<std::string>& subprotocols = {},
                    const std::vector<std::string>& extensions = {}) {
  const auto problem = check_upgrade(response, kKey, subprotocols, extensions);
  return problem ? problem->what : "good";
}

HttpResponse with(std::string_view name, std::string_view value) {
  HttpResponse response = good_response();
  std::erase_if(response.headers, [&](const auto& header) { return header.first == name; });
  response.headers.emplace_back(name, value);
  return response;
}

HttpResponse without(std::string_view name) {
  HttpResponse response = good_response();
  std::erase_if(response.headers, [&](const auto& header) { return header.first == name; });
  return response;
}

TEST_CASE("base64 is that of RFC 4648 10, both ways") {
  const std::vector<std::pair<std::string, std::string>> rows{{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : rows) {
    CHECK(base64(as_octets(plain)) == encoded);
    CHECK(base64_decode(encoded) == to_vector(plain));
  }
  CHECK(base64(hex("fb ff bf")) == "+/+/");
}

TEST_CASE("base64 of random octets of every size comes back") {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    OctetVector octets(size);
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random());
    CHECK(base64_decode(base64(octets)) == octets);
  }
}

TEST_CASE("what is not strict base64 is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=Zg=", "Zg==Zg==",
                           "Zm8=Zm8=", "Zm 8", "Zm8\n", "Zh==", "Zm9=", "Zm9v ", "-_-_", "Zg=A"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("key and Accept are those of RFC 6455 1.3") {
  std::array<std::uint8_t, 16> nonce;
  const std::string_view text = "the sample nonce";
  std::copy(text.begin(), text.end(), nonce.begin());
  CHECK(make_key(nonce) == kKey);
  CHECK(accept_for(kKey) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("headers are found without case, joined in order, and searched by token") {
  const HeaderList headers{
      {"connection", "keep-alive"}, {"X", "1"}, {"Connection", " close ,UPGRADE"}, {"x", "2"}};
  CHECK(find_header(headers, "CONNECTION") == "keep-alive");
  CHECK_FALSE(find_header(headers, "Connect"));
  CHECK(joined_header(headers, "X") == "1, 2");
  CHECK(joined_header(headers, "Y").empty());
  CHECK(header_has_token(headers, "Connection", "upgrade"));
  CHECK(header_has_token(headers, "Connection", "Keep-Alive"));
  CHECK_FALSE(header_has_token(headers, "Connection", "grade"));
  CHECK_FALSE(header_has_token(headers, "Y", "upgrade"));
  CHECK_FALSE(header_has_token({{"A", "\"x, upgrade\""}}, "A", "upgrade"));
}

TEST_CASE("a plain client handshake has the headers of RFC 6455 4.1 in a fixed order") {
  CHECK(encode(client_handshake("server.example:81", "/chat?x=1", kKey, {}, {}, {})) ==
        "GET /chat?x=1 HTTP/1.1\r\n"
        "Host: server.example:81\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "\r\n");
}

TEST_CASE("extra headers replace, remove, repeat and add") {
  const HeaderList extra{{"host", "other"},   {"Upgrade", ""},     {"Origin", "https://a.example"},
                         {"X-Twice", "1"},    {"X-Twice", "2"},    {"X-Nothing", ""},
                         {"Connection", "a"}, {"connection", "b"}, {"SEC-WEBSOCKET-PROTOCOL", "z"}};
  const HandshakeRequest request =
      client_handshake("h", "/", kKey, {"v1", "v2"}, {"permessage-deflate", "x; y=1"}, extra);
  CHECK(request.headers == HeaderList{{"host", "other"},
                                      {"Connection", "a"},
                                      {"Sec-WebSocket-Key", std::string(kKey)},
                                      {"Sec-WebSocket-Version", "13"},
                                      {"SEC-WEBSOCKET-PROTOCOL", "z"},
                                      {"Sec-WebSocket-Extensions", "permessage-deflate, x; y=1"},
                                      {"Origin", "https://a.example"},
                                      {"X-Twice", "1"},
                                      {"X-Twice", "2"},
                                      {"connection", "b"}});
}

TEST_CASE("a good 101 is accepted, whatever the case of names and tokens") {
  CHECK(problem(good_response()) == "good");
  CHECK(problem(with("Upgrade", "WebSocket")) == "good");
  CHECK(problem(with("Connection", "keep-alive, uPGRADE")) == "good");
  HttpResponse response = good_response();
  for (auto& [name, value] : response.headers) {
    for (char& c : name) c = c == '-' ? c : static_cast<char>(c | 0x20);
  }
  CHECK(problem(response) == "good");
}

TEST_CASE("each demand of RFC 6455 4.1 on a 101 has its clause") {
  HttpResponse refused = good_response();
  refused.status = 403;
  CHECK(problem(refused) == "the status is 403, not 101");
  HttpResponse old = good_response();
  old.version = "HTTP/1.0";
  CHECK(problem(old) == "the version is \"HTTP/1.0\", where a 101 needs HTTP/1.1");
  CHECK(problem(without("Upgrade")) == "there is no Upgrade header");
  CHECK(problem(with("Upgrade", "h2c")) == "the Upgrade header is \"h2c\", not \"websocket\"");
  CHECK(problem(without("Connection")) == "there is no Connection header");
  CHECK(problem(with("Connection", "close")) ==
        "the Connection header is \"close\", without \"Upgrade\"");
  CHECK(problem(without("Sec-WebSocket-Accept")) == "there is no Sec-WebSocket-Accept header");
  CHECK(problem(with("Sec-WebSocket-Accept", "x\x1b[2J")) ==
        "the Sec-WebSocket-Accept header is 78 1b 5b 32 4a, where the key demands "
        "\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"");
  HttpResponse twice = good_response();
  twice.headers.push_back(twice.headers.back());
  CHECK(problem(twice).starts_with("the Sec-WebSocket-Accept header is "));
}

TEST_CASE("a subprotocol must be one that was offered, to the letter") {
  const HttpResponse chosen = with("Sec-WebSocket-Protocol", "v1");
  CHECK(problem(chosen, {"v0", "v1"}) == "good");
  CHECK(problem(good_response(), {"v1"}) == "good");
  CHECK(problem(chosen) == "the subprotocol \"v1\" was not offered");
  CHECK(problem(chosen, {"V1"}) == "the subprotocol \"v1\" was not offered");
  CHECK(problem(with("Sec-WebSocket-Protocol", "v1, v0"), {"v0", "v1"}) ==
        "the subprotocol \"v1, v0\" was not offered");
}

TEST_CASE("an extension must be one that was offered, with whatever parameters") {
  const std::vector<std::string> offer{"permessage-deflate; client_max_window_bits"};
  CHECK(problem(with("Sec-WebSocket-Extensions", "permessage-deflate"), {}, offer) == "good");
  CHECK(
      problem(with("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=\"10\""),
              {}, offer) == "good");
  CHECK(problem(with("Sec-WebSocket-Extensions", "permessage-deflate; a=\"x, y\""), {}, offer) ==
        "good");
  CHECK(problem(with("Sec-WebSocket-Extensions", "permessage-deflate")) ==
        "the extension \"permessage-deflate\" was not offered");
  CHECK(problem(with("Sec-WebSocket-Extensions", "permessage-deflate, mux; q=1"), {}, offer) ==
        "the extension \"mux\" was not offered");
}

}  // namespace
}  // namespace wsspec::wire
