#include "text/common_words.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace wsspec::text {
namespace {

/// Each between two blanks.
constexpr std::string_view kWords =
    " a able about above abuse accept acceptable accepted access account acknowledge across action"
    " active address after again against agent agreed all allow allowed alone already also an and"
    " another answer answered answering answers any apikey api app application applications are as"
    " ask asked async at attempt auth authenticate authentication authorization authorize "
    "authorized"
    " auto automatic away back bad base basic be bearer because been before begin beginning begins"
    " behavior behaviour being below between binary blob body boolean both broadcast broken browser"
    " buffer but by bye bytes cache call can cannot capability carrier case cause change changed"
    " channel character characters chat check chrome chunk chunked class clear client clients close"
    " closed closes closing code codes command compress compressed compression condition config"
    " connect connected connecting connection connections consumer content context continuation"
    " continue control cookie copy correct count could counts create created credentials critical"
    " current custom cut data date deadline debug decode default deflate delete delivered demo deny"
    " denied detail developer device did different digest direct disconnect do document does done"
    " down drop dropped dropping duration during each early echo echoed echoes edge either else "
    "empty"
    " encode encoding encrypted end ended endpoint ends engine english enough enter entry error"
    " errors even event events every example exception exit expect expected expires extension"
    " extensions extra fail failed failing fails failure false fast fault field file filter find"
    " finding firefox first fixed float flood for forbidden force form format found fragment"
    " fragmented fragments frame frames free from front full function gateway general get gets "
    "given"
    " global good got graceful graphql group groups had handler handshake has have head header "
    "headers"
    " health hello here hidden hide high history home host html http https hung i id identity idle "
    "if"
    " ignore ignored illegal impact in incomplete index info information inside int integer "
    "interface"
    " internal interop invalid is issue it item its join joined json just keep kept key kind known"
    " language large last late later latest layer left length less let letter level like limit "
    "limits"
    " line lines list listen live lobby local localhost location log logged login logout long looks"
    " lost low made main make manager many mark market mask masked masking matches maximum may me"
    " means media memory message messages meta metadata metrics microsoft minimum missing mobile "
    "mode"
    " modified module monitor more most mozilla must name named names native need needs negotiate"
    " network never new news next no nobody node none normal not note nothing notice notification"
    " notifications notify now null number object octet octets of off offer offered ok old on once"
    " one only open opened opening operation option optional options or order origin other out own"
    " packet page parameter parse part password path payload peer pending permessage permission "
    "ping"
    " plain please policy pong port post prefix presence present private problem process production"
    " profile promised prologue protocol protocols proxy public publish published push put python"
    " query queue rate ratio raw read reader ready real realm realtime reason receive received"
    " receiver reconnect refuse refused register reject rejected release remote repaired replace"
    " reply report reproduce request requested require required reserved reset resource response"
    " result results resume return returned right role room root route rpc rule run running runs "
    "safari"
    " same scenario scenarios schema secret secure security see self send sender sending sends sent"
    " sequence server servers service session set settings should shown shut side sign silence "
    "simple"
    " size skipped slow so socket sockets some soon source space special spec stable staging "
    "standard"
    " start started state status step stepped steps still stomp stop stopped stream strict string"
    " subprotocol subprotocols subscribe subscribed subscription subscriptions success such suffix"
    " suite super support supported switching sync system table tag target tcp temporary test "
    "testing"
    " tests text than that the their them then there these they thing this thread three through "
    "time"
    " timeout timer times title tls to together token tokens told tolerated too took topic trace"
    " traffic transfer transport trigger true truncated try two type types unauthorized undefined"
    " under unexpected unfinished unicode unit unknown unmask unmasked unsubscribe until up update"
    " updates upgrade upload url use used user username using utf valid validate validation value"
    " values vary version via view violation visible wait waited waiting want wanted was watch we "
    "web"
    " websocket websockets webpage welcome well went were what when where whether which while who"
    " whole why will window with within without word work worker world would write writes written"
    " wrong wsspec xml yes you your zero ";

bool letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

enum class Edge : std::uint8_t {
  whole,
  cut
};  ///< a word, or one whose other end may lie outside the text

bool in_words(std::string_view piece, Edge before, Edge after) {
  std::string sought;
  if (before == Edge::whole) sought += ' ';
  sought += piece;
  if (after == Edge::whole) sought += ' ';
  return kWords.find(sought) != std::string_view::npos;
}

/// Letters that are words one after the other: "ocketserv" as a piece of "websocket server".
bool words_joined(std::string_view piece, Edge before, Edge after) {
  if (in_words(piece, before, after)) return true;
  for (std::size_t size = piece.size() - 1; size > 0; --size)
    if (in_words(piece.substr(0, size), before, Edge::whole) &&
        words_joined(piece.substr(size), Edge::whole, after))
      return true;
  return false;
}

/// "127.0.0.1:90": an address, a version, a time.
bool address(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    digits = digit(c) ? digits + 1 : 0;
    if ((digits == 0 && c != '.' && c != ':') || digits > 5) return false;
  }
  return text.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

bool common_words(std::string_view text, std::size_t digits) {
  if (address(text)) return true;
  const bool among = digits > 0 && static_cast<std::size_t>(
                                       std::count_if(text.begin(), text.end(), digit)) <= digits;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at + 1;
    if (letter(c)) {
      while (end < text.size() && letter(text[end])) ++end;
      const Edge before = at == 0 ? Edge::cut : Edge::whole;
      const Edge after = end == text.size() ? Edge::cut : Edge::whole;
      const bool beside =
          (at > 0 && digit(text[at - 1])) || (end < text.size() && digit(text[end]));
      if ((beside && !among) || !words_joined(text.substr(at, end - at), before, after))
        return false;
    } else if (digit(c)) {
      // One digit that stands alone: "http/1.1", "utf-8".
      if (end < text.size() && digit(text[end]) && !among) return false;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return false;
    }
    at = end;
  }
  return true;
}

}  // namespace wsspec::text
