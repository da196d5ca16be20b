// The grammar of Sec-WebSocket-Extensions, and every rule of RFC 7692 7.1 about offers and answers.
#include "wire/extension.h"

#include <doctest/doctest.h>

namespace wsspec::wire {
namespace {

/// What the client keeps to, or why it fails the connection.
std::string answer(const std::vector<std::string>& offers, std::string_view text) {
  const auto read = read_deflate_answer(offers, text);
  if (!read) return read.error().what;
  if (!*read) return "none";
  const DeflateParams& p = **read;
  return std::string(p.server_no_context_takeover ? "S" : "s") +
         (p.client_no_context_takeover ? "C" : "c") + std::to_string(p.server_max_window_bits) +
         "/" + std::to_string(p.client_max_window_bits);
}

TEST_CASE("lists, parameters and quoted strings") {
  const auto list = parse_extensions("a; x=1 ;y, , b;z=\"to\\ken\"");
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].name == "a");
  REQUIRE((*list)[0].params.size() == 2);
  CHECK((*list)[0].params[0].value == "1");
  CHECK((*list)[0].params[1].name == "y");
  CHECK(!(*list)[0].params[1].value);
  CHECK((*list)[1].params[0].value == "token");
  CHECK(parse_extensions("")->empty());
  for (const char* bad : {"a b", "a; x=", "a; =1", "a; x=\"", "a; x=\"two words\"", "a; x=\"\"",
                          "a; ;", "a;", "(a)", "a; x=1=2"}) {
    CAPTURE(bad);
    CHECK(!parse_extensions(bad));
  }
}

TEST_CASE("an answer that suits the offer is agreed on") {
  const std::vector<std::string> usual{std::string(kDeflateOffer)};
  CHECK(answer(usual, "") == "none");
  CHECK(answer(usual, "x-other") == "none");
  CHECK(answer(usual, "permessage-deflate") == "sc15/15");
  CHECK(answer(usual, "x; y, permessage-deflate; client_max_window_bits=9") == "sc15/9");
  CHECK(answer(usual, "permessage-deflate; server_no_context_takeover") == "Sc15/15");
  CHECK(answer(usual, "permessage-deflate; client_no_context_takeover; server_max_window_bits=8") ==
        "sC8/15");
  CHECK(answer(usual, "permessage-deflate; server_max_window_bits=\"10\"") == "sc10/15");
  // The second of two offers.
  CHECK(answer({"permessage-deflate; server_max_window_bits=8, permessage-deflate"},
               "permessage-deflate") == "sc15/15");
  CHECK(answer({"x", "permessage-deflate; server_no_context_takeover"},
               "permessage-deflate; server_no_context_takeover") == "Sc15/15");
}

TEST_CASE("what the offer hints at is kept to, whether the answer repeats it or not") {
  CHECK(answer({"permessage-deflate; client_max_window_bits=10"}, "permessage-deflate") ==
        "sc15/10");
  CHECK(answer({"permessage-deflate; client_max_window_bits=10"},
               "permessage-deflate; client_max_window_bits=9") == "sc15/9");
  CHECK(answer({"permessage-deflate; client_no_context_takeover"}, "permessage-deflate") ==
        "sC15/15");
}

TEST_CASE("a server may compare names with or without their case") {
  const std::vector<std::string> loud{"Permessage-Deflate; SERVER_no_context_takeover"};
  CHECK(answer(loud, "permessage-deflate; server_no_context_takeover") == "Sc15/15");
  CHECK(answer(loud, "PERMESSAGE-DEFLATE; Server_No_Context_Takeover") == "Sc15/15");
  CHECK(answer(loud, "") == "none");
  CHECK(answer(loud, "permessage-deflate").find("leaves out") != std::string::npos);
}

TEST_CASE("no answer suits an offer that must be declined, and it is said why") {
  const struct {
    const char* offer;
    const char* why;
  } rows[] = {{"permessage-deflate; foo", "unknown parameter \"foo\""},
              {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", "twice"},
              {"permessage-deflate; server_no_context_takeover=1", "has a value"},
              {"permessage-deflate; server_max_window_bits", "without a value"},
              {"permessage-deflate; server_max_window_bits=16", "\"16\""},
              {"permessage-deflate; client_max_window_bits=08", "\"08\""},
              {"permessage-deflate; client_max_window_bits=", "grammar"}};
  for (const auto& row : rows) {
    CAPTURE(row.offer);
    const std::string said = answer({row.offer}, "permessage-deflate");
    CHECK(said.find("must be declined") != std::string::npos);
    CHECK(said.find(row.why) != std::string::npos);
    CHECK(answer({row.offer}, "") == "none");
    CHECK(answer({row.offer, "permessage-deflate"}, "permessage-deflate") == "sc15/15");
    if (std::string(row.why) != "grammar") CHECK(!answer_deflate_offer(row.offer));
  }
}

TEST_CASE("what fits none of several offers is told for each") {
  const std::string said =
      answer({"permessage-deflate; server_max_window_bits=8; client_max_window_bits",
              "permessage-deflate"},
             "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9");
  CHECK(
      said ==
      "the answer to permessage-deflate fits none of the offers: by offer 1 it has a "
      "server_max_window_bits above "
      "the one that was offered, by offer 2 it has client_max_window_bits, which was not offered");
  const std::string same = answer({"permessage-deflate", "permessage-deflate"},
                                  "permessage-deflate; client_max_window_bits=9");
  CHECK(same ==
        "the answer to permessage-deflate has client_max_window_bits, which was not offered");
}

TEST_CASE("an answer that breaks a rule fails the connection") {
  const std::vector<std::string> usual{std::string(kDeflateOffer)};
  const struct {
    const char* offer;
    const char* answer;
    const char* why;
  } rows[] = {
      {"permessage-deflate", "permessage-deflate; client_max_window_bits=10", "not offered"},
      {"permessage-deflate; client_max_window_bits=10",
       "permessage-deflate; client_max_window_bits=11", "above the one"},
      {"permessage-deflate; server_max_window_bits=10", "permessage-deflate", "leaves out"},
      {"permessage-deflate; server_max_window_bits=10",
       "permessage-deflate; server_max_window_bits=12", "above the one"},
      {"permessage-deflate; server_no_context_takeover", "permessage-deflate", "leaves out"},
      {kDeflateOffer.data(), "permessage-deflate; client_max_window_bits", "without a value"},
      {kDeflateOffer.data(), "permessage-deflate; server_max_window_bits=7", "8 to 15"},
      {kDeflateOffer.data(), "permessage-deflate; server_max_window_bits=08", "8 to 15"},
      {kDeflateOffer.data(), "permessage-deflate; server_max_window_bits=16", "8 to 15"},
      {kDeflateOffer.data(), "permessage-deflate; server_no_context_takeover=1", "has a value"},
      {kDeflateOffer.data(), "permessage-deflate; window=1", "unknown parameter \"window\""},
      {kDeflateOffer.data(), "permessage-deflate; a; a", "unknown"},
      {kDeflateOffer.data(),
       "permessage-deflate; client_no_context_takeover; client_no_context_takeover", "twice"},
      {kDeflateOffer.data(), "permessage-deflate, permessage-deflate", "twice"},
      {kDeflateOffer.data(), "permessage-deflate; x=\"", "malformed"},
      {"x-other", "permessage-deflate", "not asked for"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.answer);
    CHECK(answer({row.offer}, row.answer).find(row.why) != std::string::npos);
  }
}

TEST_CASE("the server takes the first offer that is well-formed") {
  const auto text = [](std::string_view offers) {
    const auto made = answer_deflate_offer(offers);
    return made ? made->text : "none";
  };
  CHECK(text("") == "none");
  CHECK(text("x-webkit-deflate-frame") == "none");
  CHECK(text(kDeflateOffer) == "permessage-deflate");
  CHECK(text("permessage-deflate; server_max_window_bits, permessage-deflate") ==
        "permessage-deflate");
  CHECK(text("permessage-deflate; unknown") == "none");
  CHECK(text("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10; "
             "server_no_context_takeover; client_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=9; client_max_window_bits=10");
  // The client accepts each of these answers.
  for (const char* offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=8; server_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"}) {
    const auto made = answer_deflate_offer(offer);
    REQUIRE(made);
    CHECK(read_deflate_answer({offer}, made->text).has_value());
  }
}

}  // namespace
}  // namespace wsspec::wire
