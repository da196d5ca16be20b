// Which values of a request are secrets: all of them, but for those whose names say that they are
// none. And how a URL, a header, a setting, a command is shown without them. Text that comes back
// from a server is redactor.h's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsspec::text {

/// A parameter of a query or path, a cookie, a field of a JSON message: "lang", "version", "EIO".
bool harmless_name(std::string_view name);
/// "Host", "User-Agent", "Accept-Language".
bool harmless_header(std::string_view name);
/// True for a field of a test's own data that is a secret all the same: "password", "apiKey".
bool secret_name(std::string_view name);
/// True for an offered subprotocol that is a token. A name is made of words and versions, as
/// "graphql-transport-ws", "v12.stomp", "ocpp2.0.1", and says nothing of a token, key or password.
bool secret_subprotocol(std::string_view entry);

/// user:pass@ removed; *** for the values of parameters (query, fragment, ";name=value" in the
/// path) but the harmless ones, and for segments of the path that look like a token.
std::string redact_url(std::string_view url);
/// What redact_url() takes away, piece by piece.
std::vector<std::string_view> secrets_of_url(std::string_view url);

/// "***", unless the header is harmless. In Sec-WebSocket-Protocol only the entries that are tokens
/// are replaced; Origin and Referer are URLs.
std::string redact_header(std::string_view name, std::string_view value);

/// The words of a shell's command line that hold secrets: values of assignments and options
/// ("TOKEN=x", "--api-key=x") but harmless ones, what follows an option that names a secret
/// ("--password x"), and what looks like a token. Views into the command, in its order.
std::vector<std::string_view> secrets_of_command(std::string_view command);
std::string redact_command(std::string_view command);

}  // namespace wsspec::text
