#include "payload/forms.h"

#include <fmt/format.h>

namespace wsspec::payload {
namespace {

bool space(std::uint8_t octet) {
  return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

int hex_value(std::uint8_t octet) {
  if (octet >= '0' && octet <= '9') return octet - '0';
  const int letter = octet | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// RFC 4648 4 and 5: '-' and '_' stand for '+' and '/'.
int base64_value(std::uint8_t octet) {
  if (octet >= 'A' && octet <= 'Z') return octet - 'A';
  if (octet >= 'a' && octet <= 'z') return octet - 'a' + 26;
  if (octet >= '0' && octet <= '9') return octet - '0' + 52;
  if (octet == '+' || octet == '-') return 62;
  return octet == '/' || octet == '_' ? 63 : -1;
}

/// In UTF-8's form; a half of a surrogate pair too, as encoders that do not look write it.
void put_character(std::uint32_t code, wire::OctetVector& out) {
  const auto put = [&](std::uint32_t octet) { out.push_back(static_cast<std::uint8_t>(octet)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

}  // namespace

FormProblem FormReader::problem(std::string text) const {
  return {offset_, line_, column_, std::move(text)};
}

const char* FormReader::hex(std::uint8_t octet, wire::OctetVector& out) {
  const int value = hex_value(octet);
  if (value >= 0) {
    x_ = value == 0 && digits_ == 0;
    bits_ = bits_ << 4 | static_cast<std::uint32_t>(value);
    if (++digits_ < 2) return nullptr;
    out.push_back(static_cast<std::uint8_t>(bits_));
    bits_ = 0;
    digits_ = 0;
    return nullptr;
  }
  if ((octet | 0x20) == 'x') {
    if (!x_) return "an x only after 0 or \\";
    bits_ = 0;  // the 0 of "0x", or the backslash
    digits_ = 0;
    x_ = false;
    return nullptr;
  }
  const bool separates =
      space(octet) || octet == ',' || octet == ':' || octet == ';' || octet == '\\';
  if (!separates) return "no hex digit";
  x_ = octet == '\\';
  return digits_ == 0 ? nullptr : "an octet has two digits";
}

const char* FormReader::base64(std::uint8_t octet, wire::OctetVector& out) {
  if (space(octet)) return nullptr;
  if (octet == '=') {
    if (digits_ + padding_ < 2 || digits_ + padding_ > 3) return "padding where none is due";
    ++padding_;
    return nullptr;
  }
  const int value = base64_value(octet);
  if (value < 0) return "no character of base64";
  if (padding_ > 0) return "data after the padding";
  bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
  if (++digits_ < 4) return nullptr;
  for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(bits_ >> shift));
  bits_ = 0;
  digits_ = 0;
  return nullptr;
}

void FormReader::put_pending(wire::OctetVector& out) {
  if (surrogate_ == 0) return;
  put_character(surrogate_, out);
  surrogate_ = 0;
}

/// The UTF-16 unit of a \u escape.
void FormReader::put_unit(wire::OctetVector& out) {
  const std::uint32_t unit = bits_;
  bits_ = 0;
  digits_ = 0;
  if (surrogate_ != 0 && unit >= 0xdc00 && unit < 0xe000) {
    put_character(0x10000 + ((surrogate_ - 0xd800) << 10) + (unit - 0xdc00), out);
    surrogate_ = 0;
    return;
  }
  put_pending(out);
  if (unit >= 0xd800 && unit < 0xdc00)
    surrogate_ = unit;
  else
    put_character(unit, out);
}

const char* FormReader::json_escape(std::uint8_t octet, wire::OctetVector& out) {
  static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  json_ = Json::inside;
  if (octet == 'u') {
    json_ = Json::digits;
    return nullptr;
  }
  put_pending(out);
  const auto at = kNames.find(static_cast<char>(octet));
  if (at == std::string_view::npos) return "no escape of JSON";
  out.push_back(static_cast<std::uint8_t>(kMeanings[at]));
  return nullptr;
}

const char* FormReader::json(std::uint8_t octet, wire::OctetVector& out) {
  switch (json_) {
    case Json::before:
    case Json::after:
      if (space(octet)) return nullptr;
      if (json_ == Json::after) return "something after the string's end";
      if (octet != '"') return "a JSON string begins with \"";
      json_ = Json::inside;
      return nullptr;
    case Json::inside:
      if (octet == '\\') {
        json_ = Json::escape;
        return nullptr;
      }
      put_pending(out);
      if (octet == '"')
        json_ = Json::after;
      else if (octet < 0x20)
        return "a control character must be escaped in a JSON string";
      else
        out.push_back(octet);
      return nullptr;
    case Json::escape:
      return json_escape(octet, out);
    case Json::digits: {
      const int value = hex_value(octet);
      if (value < 0) return "four hex digits belong to \\u";
      bits_ = bits_ << 4 | static_cast<std::uint32_t>(value);
      if (++digits_ < 4) return nullptr;
      put_unit(out);
      json_ = Json::inside;
      return nullptr;
    }
  }
  return nullptr;
}

std::optional<FormProblem> FormReader::feed(wire::Octets piece, wire::OctetVector& out) {
  if (form_ == Form::raw) {
    out.insert(out.end(), piece.begin(), piece.end());
    return std::nullopt;
  }
  for (const std::uint8_t octet : piece) {
    const char* wrong = form_ == Form::hex      ? hex(octet, out)
                        : form_ == Form::base64 ? base64(octet, out)
                                                : json(octet, out);
    if (wrong != nullptr) return problem(wrong);
    ++offset_;
    ++column_;
    if (octet == '\n') {
      ++line_;
      column_ = 1;
    }
  }
  return std::nullopt;
}

std::optional<FormProblem> FormReader::finish(wire::OctetVector& out) {
  switch (form_) {
    case Form::raw:
      break;
    case Form::hex:
      if (digits_ > 0) return problem("the last octet lacks a digit");
      if (x_) return problem("nothing after \\");
      break;
    case Form::base64:
      if (digits_ == 1) return problem("a group of one character stands for no octet");
      if (padding_ > 0 && digits_ + padding_ != 4) return problem("padding is missing");
      for (int i = 0; i + 1 < digits_; ++i)
        out.push_back(static_cast<std::uint8_t>(bits_ >> (6 * digits_ - 8 * (i + 1))));
      break;
    case Form::json_string:
      if (json_ == Json::before) return problem("no JSON string");
      if (json_ != Json::after) return problem("the JSON string has no end");
      break;
  }
  return std::nullopt;
}

tl::expected<wire::OctetVector, FormProblem> decode(Form form, wire::Octets text) {
  FormReader reader(form);
  wire::OctetVector out;
  if (auto wrong = reader.feed(text, out)) return tl::unexpected(*wrong);
  if (auto wrong = reader.finish(out)) return tl::unexpected(*wrong);
  return out;
}

}  // namespace wsspec::payload
