#include "scenario/requirement.h"

#include <doctest/doctest.h>

using namespace wsspec::scenario;

TEST_CASE("a requirement is read and written in its kinds") {
  using Kind = Requirement::Kind;
  CHECK(requirement_of("echo") == Requirement{Kind::capability, false, "echo"});
  CHECK(requirement_of("policy.token.wrong.2") ==
        Requirement{Kind::policy, false, "token.wrong.2"});
  CHECK(requirement_of("!policy.ratio") == Requirement{Kind::policy, true, "ratio"});
  CHECK(requirement_of("trigger.revoke") == Requirement{Kind::trigger, false, "revoke"});
  CHECK(requirement_of("policymaker").kind == Kind::capability);
  for (const char* text : {"echo", "policy.token.wrong.2", "!policy.ratio", "trigger.revoke"})
    CHECK(requirement_of(text).text() == text);
}

TEST_CASE("a policy is required by its own name or by a member of it, unless it must be absent") {
  const std::vector<Requirement> list = {requirement_of("echo"),
                                         requirement_of("policy.token.expired"),
                                         requirement_of("!policy.ratio")};
  CHECK(requires_policy(list, "token"));
  CHECK_FALSE(requires_policy(list, "tok"));
  CHECK_FALSE(requires_policy(list, "ratio"));
  CHECK(about_a_policy(list));
  CHECK_FALSE(about_a_policy({requirement_of("!policy.ratio"), requirement_of("deflate")}));
  CHECK(requires_capability(list, "echo"));
  CHECK_FALSE(requires_capability(list, "token.expired"));
  CHECK_FALSE(requires_capability({requirement_of("!tls")}, "tls"));
}

TEST_CASE("a token choice is written as a file has it") {
  using Kind = TokenChoice::Kind;
  CHECK(TokenChoice{}.text() == "valid");
  CHECK(TokenChoice{Kind::wrong}.text() == "wrong");
  CHECK(TokenChoice{Kind::wrong, 2}.text() == "wrong:2");
  CHECK(TokenChoice{Kind::expired}.text() == "expired");
  CHECK(TokenChoice{Kind::none}.text() == "none");
  CHECK(TokenChoice{Kind::almost, 0, TokenChoice::Form::prefix}.text() == "almost:prefix");
  CHECK(TokenChoice{Kind::almost, 0, TokenChoice::Form::twice_valid_last}.text() ==
        almost_valid_tokens().back());
}
