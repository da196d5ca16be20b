// How a connection is made: the `connect` object of a scenario, a group and the defaults.
#include <algorithm>

#include "loader/parse.h"

namespace wsspec::loader {

TokenChoice parse_token_choice(Reader& reader, const Node& node) {
  using Kind = TokenChoice::Kind;
  if (node.wild()) return {};
  if (node->is_number_integer()) return {Kind::wrong, reader.natural(node, 1000)};
  const std::string choice = reader.string(node);
  static const std::vector<std::string> known = [] {
    std::vector<std::string> out = {"valid", "wrong", "expired", "none"};
    for (const std::string& form : almost_valid_tokens()) out.push_back(form);
    return out;
  }();
  const bool numbered = choice.size() > 6 && choice.size() < 11 && choice.starts_with("wrong:") &&
                        choice.find_first_not_of("0123456789", 6) == std::string::npos;
  if (numbered) return {Kind::wrong, std::stoul(choice.substr(6))};
  const auto at = std::find(known.begin(), known.end(), choice) - known.begin();
  constexpr std::ptrdiff_t kAlmost = static_cast<std::ptrdiff_t>(Kind::almost);
  if (at < kAlmost) return {static_cast<Kind>(at)};
  if (at < std::ssize(known))
    return {Kind::almost, 0, static_cast<TokenChoice::Form>(at - kAlmost)};
  if (node->is_string())
    reader.fail(node, "unknown token '" + choice + "'", hint_for(choice, known));
  return {};
}

std::vector<std::string> needs_of_token(const TokenChoice& choice) {
  using Kind = TokenChoice::Kind;
  if (choice.kind == Kind::valid) return {};
  if (choice.kind == Kind::none) return {"policy.token", "policy.token.send"};
  if (choice.kind == Kind::expired) return {"policy.token", "policy.token.expired"};
  if (choice.kind == Kind::almost)
    return {"policy.token", "policy.token.valid", "policy.token.send"};
  const std::string index = choice.index == 0 ? "" : "." + std::to_string(choice.index);
  return {"policy.token", "policy.token.wrong" + index};
}

std::string parse_path(Reader& reader, const Node& node) {
  std::string path = reader.string(node);
  if (!node.wild() && node->is_string() && (path.empty() || (path[0] != '/' && path[0] != '$'))) {
    reader.fail(node, "a path begins with '/'");
  }
  return path;
}

namespace {

TlsOverride parse_tls(Reader& reader, const Node& node) {
  TlsOverride out;
  if (node.wild()) return out;
  if (node->is_boolean()) {
    out.off = !node->get<bool>();
    return out;
  }
  if (!node->is_object()) {
    reader.wrong_type(node, "false or an object");
    return out;
  }
  Members members(reader, node, "'tls'");
  if (const auto value = members.take("version")) {
    out.version = reader.string(*value);
    if (!value->wild() && (*value)->is_string() && out.version != "1.2" && out.version != "1.3")
      reader.fail(*value, "a version of TLS is \"1.2\" or \"1.3\"");
  }
  if (const auto value = members.take("alpn")) {
    out.alpn = reader.strings(*value);
    for (const std::string& name : out.alpn) {
      if (name.empty() || name.size() > 255)
        reader.fail(*value, "a protocol's name has 1 to 255 octets (RFC 7301 3.1)");
    }
  }
  if (const auto value = members.take("server_name")) out.server_name = reader.string(*value);
  members.finish();
  return out;
}

}  // namespace

ConnectOptions parse_connect(Reader& reader, const Node& node, ConnectOptions base,
                             std::initializer_list<std::string_view> beside,
                             std::string_view what) {
  ConnectOptions out = std::move(base);
  Members members(reader, node, what);
  members.know(beside);
  if (const auto value = members.take("path")) out.path = parse_path(reader, *value);
  if (const auto value = members.take("headers")) out.headers = parse_headers(reader, *value);
  if (const auto value = members.take("subprotocols")) out.subprotocols = reader.strings(*value);
  if (const auto value = members.take("extensions")) out.extensions = reader.strings(*value);
  if (const auto value = members.take("agreed")) out.agreed = parse_value_rule(reader, *value);
  if (const auto value = members.take("from")) out.from = reader.string(*value);
  if (const auto value = members.take("receive_buffer")) {
    out.receive_buffer = static_cast<int>(reader.natural(*value, 1u << 30, 1));
  }
  if (const auto value = members.take("handshake")) {
    out.handshake = value->wild() || reader.boolean(*value);
  }
  if (const auto value = members.take("tls")) out.tls = parse_tls(reader, *value);
  if (const auto value = members.take("prologue")) {
    out.prologue = value->wild() || reader.boolean(*value);
  }
  if (const auto value = members.take("token")) out.token = parse_token_choice(reader, *value);
  members.finish();
  return out;
}

}  // namespace wsspec::loader
