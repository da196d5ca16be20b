// The table: what to change at the sender, for each mistake.
#include <iterator>

#include "payload/advice.h"

namespace wsspec::payload {
namespace {

/// Octets go as a binary message: the same for all that is no text.
constexpr std::array<std::string_view, kLanguages> kSendBinary = {
    "ws.send(bytes)  // a Uint8Array or ArrayBuffer goes as binary; a string goes as text",
    "ws.send(buffer, { binary: true })  // a relay: ws.send(data, { binary: isBinary })",
    "await ws.send(payload)  # bytes go as binary; do not decode() them to a str",
    "conn.WriteMessage(websocket.BinaryMessage, payload)",
    "session.getBasicRemote().sendBinary(ByteBuffer.wrap(payload));",
    "await ws.SendAsync(payload, WebSocketMessageType.Binary, true, token);",
    "socket.send(Message::Binary(payload.into()))?;",
    "ws.binary(true); ws.write(boost::asio::buffer(payload));"};

constexpr Remedy kRemedies[] = {
    {Mistake::binary_as_text,
     "This is no text. Send it as a binary message (opcode 2): that takes any octets, and no "
     "server "
     "looks for UTF-8 there.",
     kSendBinary},
    {Mistake::compressed_as_text,
     "This is compressed data. Send it as a binary message (opcode 2), or send the text itself and "
     "let both sides negotiate permessage-deflate, which compresses below the message.",
     kSendBinary},
    {Mistake::wrong_charset,
     "This is text, in another character set than UTF-8. Decode it from that set when it is read; "
     "a "
     "text message must hold UTF-8.",
     {"ws.send(new TextDecoder(\"{label}\").decode(bytes))",
      "ws.send(new TextDecoder(\"{label}\").decode(buffer))",
      "await ws.send(payload.decode(\"{label}\"))",
      "r, _ := charset.NewReaderLabel(\"{label}\", src)  // golang.org/x/net/html/charset",
      "session.getBasicRemote().sendText(new String(octets, Charset.forName(\"{label}\")));",
      "var text = Encoding.GetEncoding(\"{label}\").GetString(octets); "
      "await ws.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, token);",
      "let (text, _, _) = Encoding::for_label(b\"{label}\").unwrap().decode(&octets);",
      "ws.write(boost::asio::buffer(boost::locale::conv::to_utf<char>(octets, \"{label}\")));"}},
    {Mistake::utf32_as_text,
     "This is text in UTF-32, a program's wide characters sent as they lie in memory. Encode it as "
     "UTF-8.",
     {"ws.send(Array.from(codePoints, c => String.fromCodePoint(c)).join(\"\"))",
      "ws.send(Array.from(codePoints, c => String.fromCodePoint(c)).join(\"\"))",
      "await ws.send(payload.decode(\"{label}\"))",
      "conn.WriteMessage(websocket.TextMessage, []byte(string(runes)))",
      "session.getBasicRemote().sendText(new String(codePoints, 0, codePoints.length));",
      "var text = Encoding.GetEncoding(\"{label}\").GetString(octets);",
      "let text: String = units.iter().filter_map(|&u| char::from_u32(u)).collect();",
      "boost::locale::conv::utf_to_utf<char>(wide)  // not the octets of a wchar_t[]"}},
    {Mistake::text_cut,
     "The text was cut by a count of octets, inside a character. Send the whole message and leave "
     "fragments to the library; where a stream is cut into messages, keep the octets of a begun "
     "character for the next one.",
     {"ws.send(new TextDecoder().decode(chunk, { stream: true }))  // one decoder for the stream",
      "stream.setEncoding(\"utf8\").on(\"data\", text => ws.send(text))  // keeps characters whole",
      "decoder = codecs.getincrementaldecoder(\"utf-8\")(); await ws.send(decoder.decode(chunk))",
      "w, _ := conn.NextWriter(websocket.TextMessage); io.Copy(w, src); w.Close()  // one message",
      "int n = new InputStreamReader(in, UTF_8).read(chars);  // chars, not octets: one reader",
      "int n = decoder.GetChars(octets, 0, count, chars, 0);  // one Encoding.UTF8.GetDecoder()",
      "let whole = match str::from_utf8(&buf) { Ok(s) => s.len(), Err(e) => e.valid_up_to() };",
      "ws.write_some(last, boost::asio::buffer(chunk));  // fragments of one message may cut"}},
    {Mistake::zeros,
     "The whole buffer was sent, not only what was written into it. Send as many octets as the "
     "text "
     "has.",
     {"ws.send(new TextDecoder().decode(buffer.subarray(0, length)))",
      "ws.send(buffer.toString(\"utf8\", 0, length))", "await ws.send(buffer[:length].decode())",
      "conn.WriteMessage(websocket.TextMessage, buffer[:n])",
      "session.getBasicRemote().sendText(new String(buffer, 0, length, UTF_8));",
      "await ws.SendAsync(new ArraySegment<byte>(buffer, 0, count), WebSocketMessageType.Text, "
      "true, "
      "token);",
      "socket.send(Message::text(str::from_utf8(&buffer[..n])?))?;",
      "ws.write(boost::asio::buffer(buffer, std::strlen(buffer)));  // not sizeof buffer"}},
    {Mistake::replaced,
     "A decoder before has put U+FFFD where octets were not UTF-8: nothing afterwards can bring "
     "them "
     "back. Let that decoder fail instead, and see what it is given.",
     {"new TextDecoder(\"utf-8\", { fatal: true }).decode(bytes)  // throws, in place of U+FFFD",
      "new TextDecoder(\"utf-8\", { fatal: true }).decode(buffer)  // toString() replaces",
      "text = payload.decode(\"utf-8\")  # errors=\"strict\", not \"replace\"",
      "if !utf8.Valid(payload) { return errNotUTF8 }  // not strings.ToValidUTF8",
      "UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).decode(octets)",
      "new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(octets)",
      "let text = String::from_utf8(octets)?;  // not from_utf8_lossy",
      "if (!simdutf::validate_utf8(data, size)) throw std::runtime_error(\"not UTF-8\");"}},
    {Mistake::double_encoded,
     "It is valid, but text that was UTF-8 already was encoded again: its octets were taken for "
     "characters of Latin-1 or Windows-1252. Decode it as UTF-8 where it is read, and encode it "
     "once.",
     {"ws.send(text)  // not unescape(encodeURIComponent(text)): send() encodes",
      "ws.send(buffer.toString(\"utf8\"))  // not \"latin1\" or \"binary\"",
      "await ws.send(payload.decode(\"utf-8\"))  # not \"latin-1\"",
      "text := string(octets)  // not a rune of each octet",
      "String text = new String(octets, UTF_8);  // not ISO_8859_1, nor the platform's default",
      "string text = Encoding.UTF8.GetString(octets);  // not Encoding.Latin1",
      "let text = String::from_utf8(octets)?;  // not octets.iter().map(|&b| b as char)",
      "ws.write(boost::asio::buffer(text));  // UTF-8 already: no conversion from a code page"}},
    {Mistake::cesu8,
     "Each half of a UTF-16 pair was encoded alone, in three octets (CESU-8, Java's modified "
     "UTF-8, "
     "a database's \"utf8\" of three octets). Encode the string with a UTF-8 encoder, which writes "
     "such a character in four octets.",
     {"ws.send(text)  // send() encodes; no encoder of your own over charCodeAt()",
      "ws.send(text)  // or Buffer.from(text, \"utf8\"): both write four octets",
      "text.encode(\"utf-16\", \"surrogatepass\").decode(\"utf-16\")  # joins the pairs",
      "text := string(utf16.Decode(units))  // not a rune of each unit",
      "text.getBytes(StandardCharsets.UTF_8)  // not writeUTF(), nor JNI's GetStringUTFChars",
      "Encoding.UTF8.GetBytes(text)  // the whole string, not char by char",
      "let text = String::from_utf16(&units)?;",
      "boost::locale::conv::utf_to_utf<char>(u16text)  // MySQL: utf8mb4, Oracle: AL32UTF8"}},
    {Mistake::surrogates,
     "A string was cut between the two halves of a character above U+FFFF (an emoji). Cut at whole "
     "characters, or replace what stands alone.",
     {"ws.send(text.toWellFormed())  // cut with [...text].slice(0, n).join(\"\"), not substring()",
      "ws.send(text.toWellFormed())  // Node 20; cut with [...text].slice(0, n).join(\"\")",
      "text.encode(\"utf-16\", \"surrogatepass\").decode(\"utf-16\", \"replace\")",
      "text := string(utf16.Decode(units))  // U+FFFD for a half",
      "text.substring(0, text.offsetByCodePoints(0, n))  // not substring(0, n)",
      "new StringInfo(text).SubstringByTextElements(0, n)  // not Substring(0, n)",
      "let text = String::from_utf16_lossy(&units);",
      "icu::UnicodeString(units, size).toUTF8String(text);  // U+FFFD for a half"}},
    {Mistake::base64,
     "It is valid: base64 is ASCII. A binary message (opcode 2) takes the octets themselves and "
     "saves "
     "a quarter of the size.",
     kSendBinary},
    {Mistake::unchecked,
     "Some octets of it are not UTF-8. Find where they come from: check before sending, and let "
     "the "
     "sender fail there.",
     {"new TextDecoder(\"utf-8\", { fatal: true }).decode(bytes)  // throws on the first fault",
      "if (!isUtf8(buffer)) throw new Error(\"not UTF-8\")  // import { isUtf8 } from "
      "\"node:buffer\"",
      "text = payload.decode(\"utf-8\")  # UnicodeDecodeError names the octet",
      "if !utf8.Valid(payload) { return errNotUTF8 }",
      "UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).decode(octets)",
      "new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(octets)",
      "let text = std::str::from_utf8(&octets)?;  // the error has valid_up_to()",
      "if (!simdutf::validate_utf8(data, size)) throw std::runtime_error(\"not UTF-8\");"}},
};
static_assert(std::size(kRemedies) == kMistakes - 1);

}  // namespace

const std::vector<const Remedy*>& remedies() {
  static const std::vector<const Remedy*> all = [] {
    std::vector<const Remedy*> out;
    for (const Remedy& remedy : kRemedies) out.push_back(&remedy);
    return out;
  }();
  return all;
}

}  // namespace wsspec::payload
