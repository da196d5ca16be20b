// The token that a connection shows: those of the profile, and those made from the valid one.
#include "engine/token.h"

#include <doctest/doctest.h>

using namespace wsspec;
using engine::token_sent;
using Choice = scenario::TokenChoice;
using Form = Choice::Form;
using Kind = scenario::TokenPlace::Kind;
using Strings = std::vector<std::string>;

namespace {

scenario::Profile with_token(std::string valid, Kind place) {
  scenario::Profile profile;
  profile.token_valid = std::move(valid);
  profile.token_wrong = {"bad", ""};
  profile.token_place = scenario::TokenPlace{place, "token", "${token}"};
  return profile;
}

auto sent(const scenario::Profile& profile, const Choice& choice) {
  return token_sent(
      profile, choice, [](const std::string& text) { return std::optional(text); },
      [](const std::string& text) { return text; });
}

Strings almost(Form form, Kind place = Kind::query, const char* valid = "Good-1") {
  const auto tokens = sent(with_token(valid, place), {Choice::Kind::almost, 0, form});
  return tokens ? *tokens : Strings{"(" + tokens.error() + ")"};
}

bool is_none(const Strings& tokens) {
  return tokens.size() == 1 && tokens[0].starts_with("(");
}

}  // namespace

TEST_CASE("the tokens of the profile") {
  const auto profile = with_token("Good-1", Kind::query);
  CHECK(*sent(profile, {}) == Strings{"Good-1"});
  CHECK(*sent(profile, {Choice::Kind::wrong}) == Strings{"bad"});
  CHECK(*sent(profile, {Choice::Kind::wrong, 1}) == Strings{""});
  CHECK(sent(profile, {Choice::Kind::wrong, 2})->empty());
  CHECK(sent(profile, {Choice::Kind::expired})->empty());
  CHECK(sent(profile, {Choice::Kind::none})->empty());
}

TEST_CASE("tokens that are almost the valid one") {
  CHECK(almost(Form::prefix) == Strings{"Good-"});
  CHECK(almost(Form::longer) == Strings{"Good-1x"});
  CHECK(almost(Form::other_case) == Strings{"gOOD-1"});
  CHECK(almost(Form::empty) == Strings{""});
  CHECK(almost(Form::twice_valid_first) == Strings{"Good-1", "Good-1x"});
  CHECK(almost(Form::twice_valid_last) == Strings{"Good-1x", "Good-1"});
}

TEST_CASE("what a URL decodes is escaped once more") {
  CHECK(almost(Form::percent_encoded) == Strings{"%2547ood-1"});
  CHECK(almost(Form::percent_encoded, Kind::header) == Strings{"%47ood-1"});
  CHECK(almost(Form::blank_before) == Strings{"%20Good-1"});
  CHECK(almost(Form::blank_after) == Strings{"Good-1%20"});
  CHECK(almost(Form::blank_after, Kind::message) == Strings{"Good-1 "});
}

TEST_CASE("a form that the token or its place cannot have is none") {
  CHECK(is_none(almost(Form::blank_before, Kind::header)));
  CHECK(is_none(almost(Form::blank_after, Kind::cookie)));
  CHECK(is_none(almost(Form::twice_valid_first, Kind::header)));
  CHECK(is_none(almost(Form::prefix, Kind::query, "x")));
  CHECK(is_none(almost(Form::percent_encoded, Kind::query, "")));
  CHECK(is_none(almost(Form::other_case, Kind::query, "1234")));
  // Hex digits have no case.
  CHECK(is_none(almost(Form::other_case, Kind::query, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")));
}

TEST_CASE("a token that a login captures is not known before") {
  const auto unknown = [](const std::string&) { return std::optional<std::string>(); };
  const auto as_it_is = [](const std::string& text) { return text; };
  const auto profile = with_token("${capture.t}", Kind::query);
  CHECK(token_sent(profile, {}, unknown, as_it_is)->empty());
  CHECK_FALSE(token_sent(profile, {Choice::Kind::almost}, unknown, as_it_is));
}
