#include "text/secret_names.h"

#include <doctest/doctest.h>

using namespace wsspec::text;

TEST_CASE("redact_url removes credentials") {
  CHECK(redact_url("ws://127.0.0.1:9001/chat?room=1") == "ws://127.0.0.1:9001/chat?room=1");
  CHECK(redact_url("wss://me:pa%40ss@host/x") == "wss://host/x");
  CHECK(redact_url("wss://me:p@ss@host/x") == "wss://host/x");
  CHECK(redact_url("wss://token@[::1]:9001/x@y") == "wss://[::1]:9001/x@y");
  CHECK(redact_url("ws://[::1]/a@b") == "ws://[::1]/a@b");
  CHECK(redact_url("ws://me:pa/ss?x@host/y") == "ws://host/y");
  CHECK(redact_url("me:secret@host:80") == "host:80");
  CHECK(redact_url("").empty());
}

TEST_CASE("redact_url hides the values of all parameters whose names are not harmless") {
  for (const char* name :
       {"token", "access_token", "sid", "sessionid", "passphrase", "pin", "otp", "hmac", "refresh",
        "auth_key", "jwt", "code", "TOKEN", "my-Token-2", "%74oken", "anything", "x"}) {
    CAPTURE(name);
    const std::string prefix = std::string("ws://h/p?v=1&") + name + "=";
    CHECK(redact_url(prefix + "abc@d&lang=en") == prefix + "***&lang=en");
    CHECK(redact_url(prefix) == prefix + "***");
  }
  CHECK(redact_url("ws://h/?EIO=4&encode=2;token=3#access_token=4") ==
        "ws://h/?EIO=4&encode=***;token=***#access_token=***");
  CHECK(redact_url("/p?next=http://a:b@c/&token=1") == "/p?next=***&token=***");
  CHECK(redact_url("/p?next=https%3A%2F%2Fa%2F%3Ftoken%3D1&v=2") == "/p?next=***&v=2");
  CHECK(redact_url("/p?a-value-alone") == "/p?***");
  CHECK(redact_url("/p?lang=eyJhbGciOiJIUzI1NiJ9") == "/p?lang=***");
  CHECK(redact_url("/a;token=1/b;v=2;alone/c") == "/a;token=***/b;v=2;***/c");
  CHECK(redact_url("/app/4f1c9e2b7a6d4c0f/chat") == "/app/***/chat");
  const std::string once = redact_url("wss://u:p@h/x;a=b?token=1&c");
  CHECK(redact_url(once) == once);
}

TEST_CASE("headers are secrets but for those that are harmless by name") {
  for (const char* name :
       {"Authorization", "proxy-authorization", "Cookie", "X-API-Key", "X-Session-Id", "X-Key",
        "Ocp-Apim-Subscription-Key", "X-Functions-Key", "X-Anything"})
    CHECK_MESSAGE(redact_header(name, "v") == "***", name);
  for (const char* name : {"Host", "Sec-WebSocket-Key", "User-Agent", "accept-language",
                           "Content-Type", "Cache-Control"})
    CHECK_MESSAGE(redact_header(name, "v") == "v", name);
  CHECK(redact_header("Origin", "https://a.example") == "https://a.example");
  CHECK(redact_header("Referer", "https://a.example/?t=1") == "https://a.example/?t=***");
}

TEST_CASE("a token among the subprotocols is hidden, the others stay") {
  CHECK(redact_header("Sec-WebSocket-Protocol", "v1, chat") == "v1, chat");
  CHECK(redact_header("sec-websocket-protocol", "v1, eyJhbGciOiJIUzI1NiJ9.e30.x,bearer.abc") ==
        "v1, ***,***");
  for (const char* name : {"graphql-transport-ws", "graphql-ws", "v12.stomp", "ocpp2.0.1",
                           "ocpp1.6", "wamp.2.json", "mqtt", "soap", "v4.channel.k8s.io", "sip",
                           "xmpp", "chat.v1", "superchat", "base64", "com.microsoft.SDK", "13"})
    CHECK_MESSAGE(!secret_subprotocol(name), name);
  for (const char* token : {"a8f5f167f44f", "4f1c9e2b-7a6d-4c0f", "token-abc", "hunter2horse9",
                            "Zq8kT3", "openai-insecure-api-key.sk-1"})
    CHECK_MESSAGE(secret_subprotocol(token), token);
}

TEST_CASE("a command is shown without the values of assignments and options") {
  CHECK(redact_command("TOKEN=x PORT=9001 node server.js") == "TOKEN=*** PORT=9001 node server.js");
  CHECK(redact_command("python3 -m app --api-key abc --port 9001 --verbose") ==
        "python3 -m app --api-key *** --port 9001 --verbose");
  CHECK(redact_command("app --db='a b' ws://u:p@h/?t=1 && x") == "app --db=*** ws://h/?t=*** && x");
  CHECK(redact_command("docker run -e KEY=abc image") == "docker run -e KEY=*** image");
  CHECK(redact_command("run 4f1c9e2b7a6d4c0f") == "run ***");
  CHECK(secrets_of_command("A=x node b.js --pin 1234") ==
        std::vector<std::string_view>{"x", "1234"});
}
