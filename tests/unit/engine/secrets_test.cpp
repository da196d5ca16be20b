// What may be a token is blotted out wherever a result shows octets, also where they are cut.
#include "engine/secrets.h"

#include <doctest/doctest.h>

using namespace wsspec;

namespace {

std::string blotted(const engine::Secrets& secrets, const std::string& octets) {
  engine::ScenarioResult result;
  engine::TranscriptLine line;
  line.octets = wire::to_vector(octets);
  result.transcript.push_back(line);
  secrets.hide(result);
  return std::string(wire::as_chars(result.transcript[0].octets));
}

}  // namespace

TEST_CASE("every occurrence of a secret is blotted out, and nothing else") {
  engine::Secrets secrets;
  secrets.add("s3cret-token");
  secrets.add("short");
  CHECK(blotted(secrets, "a s3cret-token and s3cret-token b") ==
        "a ************ and ************ b");
  CHECK(blotted(secrets, "short is no secret, s3 is no part") ==
        "short is no secret, s3 is no part");
  CHECK(blotted(secrets, "") == "");
}

TEST_CASE("a secret that the end of what is kept cuts is blotted out too") {
  engine::Secrets secrets;
  secrets.add("s3cret-token");
  CHECK(blotted(secrets, "token=s3cret-t") == "token=********");
  CHECK(blotted(secrets, "token=s3c") == "token=***");
  CHECK(blotted(secrets, "token=s3") == "token=s3");
}

TEST_CASE("a fault's surroundings may begin inside a secret") {
  engine::Secrets secrets;
  secrets.add("s3cret-token");
  engine::ScenarioResult result;
  result.fault.octets = wire::to_vector(std::string("et-token\",\"text\":\"\xff"));
  secrets.hide(result);
  CHECK(std::string(wire::as_chars(result.fault.octets)) == "********\",\"text\":\"\xff");
}

TEST_CASE("strings and long numbers of what was captured; reasons and details too") {
  engine::Secrets secrets;
  secrets.add_json(R"({"a": ["abcdef"], "n": 1234567, "m": 12, "b": true})");
  CHECK(blotted(secrets, "abcdef 1234567 12 true") == "****** ******* 12 true");
  engine::ScenarioResult result;
  result.observed.reason = "bad session abcdef";
  result.observed.detail = "abcdef";
  result.because = "it was abcdef";
  secrets.hide(result);
  CHECK(result.observed.reason == "bad session ******");
  CHECK(result.observed.detail == "******");
  CHECK(result.because == "it was ******");
}
