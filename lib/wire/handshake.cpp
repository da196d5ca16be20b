// HTTP/1.1 as far as the opening handshake needs it. What is read comes from a peer that may be
// anything: the head is bounded, refused as soon as its first octets cannot be HTTP, and nothing of
// it reaches a message unless it is printable ASCII.
#include "wire/handshake.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "wire/header_text.h"

namespace wsspec::wire {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// "HTTP/1.1": name in capitals, one digit, dot, one digit (RFC 9112 2.3).
bool is_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

/// True while the first octets can still become a status line, or a request line with one of the
/// registered methods. Each of these is known by at most 8 octets.
bool may_begin_head(std::string_view text) {
  constexpr std::array<std::string_view, 10> kBeginnings{
      "HTTP/",   "GET ",     "HEAD ",  "POST ",    "PUT ",
      "DELETE ", "OPTIONS ", "TRACE ", "CONNECT ", "PATCH "};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view beginning) {
    return text.starts_with(beginning.substr(0, text.size()));
  });
}

/// A record of TLS: handshake (16) or alert (15), then major version 3 (RFC 8446 5.1).
bool looks_like_tls(std::string_view text) {
  return text.size() >= 2 && (text[0] == 0x15 || text[0] == 0x16) && text[1] == 0x03;
}

/// Neither may stand inside a line (RFC 9112 2.2): another reader could see two lines in it.
bool has_cr_or_nul(std::string_view text) {
  return text.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos;
}

constexpr std::size_t kFirstOctets = 8;

}  // namespace

std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::string joined_header(const HeaderList& headers, std::string_view name) {
  std::string joined;
  bool first = true;
  for (const auto& [key, value] : headers) {
    if (!same_name(key, name)) continue;
    if (!first) joined += ", ";
    joined += value;
    first = false;
  }
  return joined;
}

bool header_has_token(const HeaderList& headers, std::string_view name, std::string_view token) {
  const std::string joined = joined_header(headers, name);
  for (std::string_view rest = joined; !rest.empty();) {
    if (same_name(take_item(rest, ','), token)) return true;
  }
  return false;
}

std::string base64(Octets octets) {
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, octets.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? octets[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= have ? kAlphabet[group >> (18 - 6 * j) & 0x3f] : '=';
    }
  }
  return out;
}

std::optional<OctetVector> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  OctetVector out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::string_view quad = text.substr(i, 4);
    if (i + 4 == text.size()) {
      for (int padding = 0; padding < 2 && quad.ends_with('='); ++padding) quad.remove_suffix(1);
    }
    unsigned group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t value = j < quad.size() ? kAlphabet.find(quad[j]) : 0;
      if (value == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<unsigned>(value);
    }
    // Bits that no octet takes must be zero, or two texts would mean the same octets.
    const std::size_t count = quad.size() - 1;
    if ((group & (0xffffffU >> (8 * count))) != 0 && count < 3) return std::nullopt;
    for (std::size_t j = 0; j < count; ++j) {
      out.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * j)));
    }
  }
  return out;
}

std::string make_key(const std::array<std::uint8_t, 16>& nonce) {
  return base64(nonce);
}

std::string accept_for(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  // Fails only where a provider forbids SHA-1; the empty answer then matches nothing.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    return {};
  }
  return base64(Octets(digest).first(size));
}

HandshakeRequest client_handshake(std::string_view host, std::string_view target,
                                  std::string_view key,
                                  const std::vector<std::string>& subprotocols,
                                  const std::vector<std::string>& extensions,
                                  const HeaderList& extra) {
  HandshakeRequest request;
  request.target = target;
  HeaderList& headers = request.headers;
  headers = {{"Host", std::string(host)},
             {"Upgrade", "websocket"},
             {"Connection", "Upgrade"},
             {"Sec-WebSocket-Key", std::string(key)},
             {"Sec-WebSocket-Version", "13"}};
  const auto add_list = [&headers](const char* name, const std::vector<std::string>& items) {
    if (items.empty()) return;
    headers.emplace_back(name, fmt::format("{}", fmt::join(items, ", ")));
  };
  add_list("Sec-WebSocket-Protocol", subprotocols);
  add_list("Sec-WebSocket-Extensions", extensions);

  // A header of ours gives its place to the first extra of that name; a second extra of the same
  // name is a wanted repeat and follows it.
  const std::size_t ours = headers.size();
  std::vector<bool> replaced(ours, false);
  std::vector<bool> removed(ours, false);
  for (const auto& [name, value] : extra) {
    std::size_t i = 0;
    while (i < ours && !same_name(headers[i].first, name)) ++i;
    if (value.empty()) {
      if (i < ours) removed[i] = true;
    } else if (i < ours && !replaced[i]) {
      headers[i] = {name, value};
      replaced[i] = true;
    } else {
      headers.emplace_back(name, value);
    }
  }
  for (std::size_t i = ours; i-- > 0;) {
    if (removed[i] && !replaced[i]) headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return request;
}

std::string encode(const HandshakeRequest& request) {
  return fmt::format("{} {} {}\r\n{}\r\n", request.method, request.target, request.version,
                     encode_headers(request.headers));
}

std::string encode_headers(const HeaderList& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += fmt::format("{}: {}\r\n", name, value);
  return out;
}

HeadState HttpHeadReader::feed(Octets& input) {
  if (state_ != HeadState::incomplete) return state_;
  const auto take = [&](std::size_t size) {
    text_ += as_chars(input.first(size));
    input = input.subspan(size);
  };
  const auto fail = [&](std::string problem) {
    problem_ = std::move(problem);
    return state_ = HeadState::bad;
  };
  if (text_.size() < kFirstOctets) {
    std::string first = text_;
    first += as_chars(input.first(std::min(input.size(), kFirstOctets)));
    // One octet more than needed is awaited where it tells TLS from other noise.
    const bool undecided = first == "\x15" || first == "\x16";
    if (!undecided && !may_begin_head(std::string_view(first).substr(0, kFirstOctets))) {
      take(std::min(input.size(), kMaxHead - text_.size()));
      std::string_view rest = text_;
      const std::string_view line = take_line(rest);
      not_http_ = true;
      is_tls_ = looks_like_tls(text_);
      return fail(fmt::format("the first line is not HTTP: {}{}",
                              show(!line.empty() && is_printable(line) ? line : text_),
                              is_tls_ ? " (looks like TLS)" : ""));
    }
  }
  while (!input.empty()) {
    const std::size_t room = kMaxHead - text_.size();
    if (room == 0) {
      too_large_ = true;
      return fail(fmt::format("the head is longer than {} octets", kMaxHead));
    }
    const std::size_t end = as_chars(input).find('\n');
    if (end == std::string_view::npos || end >= room) {
      take(std::min(room, input.size()));
      continue;
    }
    take(end + 1);
    std::string_view line = std::string_view(text_).substr(line_start_);
    if (take_line(line).empty()) return state_ = HeadState::done;
    line_start_ = text_.size();
  }
  return state_;
}

bool HttpHeadReader::parse_headers(std::string_view lines, HeaderList& out) {
  for (std::string_view line = take_line(lines); !line.empty(); line = take_line(lines)) {
    if (out.size() == kMaxHeaders) {
      too_large_ = true;
      problem_ = fmt::format("the head has more than {} header lines", kMaxHeaders);
      return false;
    }
    if (line[0] == ' ' || line[0] == '\t') {
      problem_ = fmt::format("a header line is folded (obsolete since RFC 7230): {}", show(line));
      return false;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      problem_ = fmt::format("a header line has no colon: {}", show(line));
      return false;
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    // White space before the colon is refused too (RFC 9112 5.1): it smuggles headers past proxies.
    if (!is_token(name)) {
      problem_ = fmt::format("a header name is not a token: {}", show(name));
      return false;
    }
    if (has_cr_or_nul(value)) {
      problem_ = fmt::format("the value of the header {} holds a bare CR or a NUL: {}", show(name),
                             show(value));
      return false;
    }
    out.emplace_back(name, value);
  }
  return true;
}

std::optional<HttpResponse> HttpHeadReader::response() {
  if (state_ != HeadState::done) {
    if (state_ == HeadState::incomplete) problem_ = "the head is not complete";
    return std::nullopt;
  }
  std::string_view rest = text_;
  const std::string_view line = take_line(rest);
  const std::size_t space = line.find(' ');
  const std::string_view version = line.substr(0, space);
  if (!is_version(version)) {
    // A plain TCP echo service sends our own request back.
    const bool request_line = line.ends_with("HTTP/1.1") && line.starts_with("GET ");
    not_http_ = true;
    problem_ = fmt::format("the first line is {}: {}",
                           request_line ? "a request, not a status line" : "not a status line",
                           show(line));
    return std::nullopt;
  }
  // The space after the code is often left out where there is no reason (RFC 9112 4).
  const std::string_view tail = space == std::string_view::npos ? "" : line.substr(space + 1);
  const std::string_view code = tail.substr(0, 3);
  if (code.size() != 3 || !std::all_of(code.begin(), code.end(), is_digit) || code[0] == '0' ||
      (tail.size() > 3 && tail[3] != ' ')) {
    problem_ = fmt::format("the status line has no three-digit status: {}", show(line));
    return std::nullopt;
  }
  HttpResponse response;
  response.version = version;
  response.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  response.reason = trim(tail.substr(3));
  if (has_cr_or_nul(response.reason)) {
    problem_ = fmt::format("the status line holds a bare CR or a NUL: {}", show(response.reason));
    return std::nullopt;
  }
  if (!parse_headers(rest, response.headers)) return std::nullopt;
  return response;
}

std::optional<HttpRequest> HttpHeadReader::request() {
  if (state_ != HeadState::done) {
    if (state_ == HeadState::incomplete) problem_ = "the head is not complete";
    return std::nullopt;
  }
  std::string_view rest = text_;
  const std::string_view line = take_line(rest);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) {
    problem_ = fmt::format("the first line is not a request line: {}", show(line));
    return std::nullopt;
  }
  HttpRequest request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  const bool printable = std::all_of(request.target.begin(), request.target.end(),
                                     [](char c) { return c > 0x20 && c != 0x7f; });
  if (!is_token(request.method) || request.target.empty() || !printable ||
      !is_version(request.version)) {
    problem_ = fmt::format("the first line is not a request line: {}", show(line));
    return std::nullopt;
  }
  if (!parse_headers(rest, request.headers)) return std::nullopt;
  return request;
}

std::optional<UpgradeProblem> check_upgrade(const HttpResponse& response, std::string_view key,
                                            const std::vector<std::string>& subprotocols,
                                            const std::vector<std::string>& extensions) {
  const HeaderList& headers = response.headers;
  const auto problem = [](UpgradeFault fault, std::string what) {
    return UpgradeProblem{fault, std::move(what)};
  };
  if (response.status != 101) {
    return problem(UpgradeFault::status, fmt::format("the status is {}, not 101", response.status));
  }
  if (response.version != "HTTP/1.1") {
    return problem(
        UpgradeFault::version,
        fmt::format("the version is {}, where a 101 needs HTTP/1.1", show(response.version)));
  }
  if (!find_header(headers, "Upgrade"))
    return problem(UpgradeFault::upgrade, "there is no Upgrade header");
  if (const std::string value = joined_header(headers, "Upgrade"); !same_name(value, "websocket")) {
    return problem(UpgradeFault::upgrade,
                   fmt::format("the Upgrade header is {}, not \"websocket\"", show(value)));
  }
  if (!find_header(headers, "Connection"))
    return problem(UpgradeFault::connection, "there is no Connection header");
  if (!header_has_token(headers, "Connection", "Upgrade")) {
    return problem(UpgradeFault::connection,
                   fmt::format("the Connection header is {}, without \"Upgrade\"",
                               show(joined_header(headers, "Connection"))));
  }
  if (!find_header(headers, "Sec-WebSocket-Accept")) {
    return problem(UpgradeFault::accept, "there is no Sec-WebSocket-Accept header");
  }
  const std::string accept = joined_header(headers, "Sec-WebSocket-Accept");
  if (const std::string wanted = accept_for(key); wanted.empty() || accept != wanted) {
    return problem(
        UpgradeFault::accept,
        fmt::format("the Sec-WebSocket-Accept header is {}, where the key demands \"{}\"",
                    show(accept), wanted));
  }
  const std::string listed = joined_header(headers, "Sec-WebSocket-Extensions");
  for (std::string_view rest = listed; !rest.empty();) {
    std::string_view item = take_item(rest, ',');
    const std::string_view name = take_item(item, ';');
    if (name.empty()) continue;  // an empty element counts for nothing (RFC 9110 5.6.1)
    const bool offered =
        std::any_of(extensions.begin(), extensions.end(), [&](std::string_view offer) {
          while (!offer.empty()) {
            std::string_view one = take_item(offer, ',');
            if (same_name(take_item(one, ';'), name)) return true;
          }
          return false;
        });
    if (!offered)
      return problem(UpgradeFault::extension,
                     fmt::format("the extension {} was not offered", show(name)));
  }
  if (find_header(headers, "Sec-WebSocket-Protocol")) {
    // Joined: a second header or a list names no single subprotocol, and so none that was offered.
    const std::string chosen = joined_header(headers, "Sec-WebSocket-Protocol");
    if (std::find(subprotocols.begin(), subprotocols.end(), chosen) == subprotocols.end()) {
      return problem(UpgradeFault::subprotocol,
                     fmt::format("the subprotocol {} was not offered", show(chosen)));
    }
  }
  return std::nullopt;
}

}  // namespace wsspec::wire
