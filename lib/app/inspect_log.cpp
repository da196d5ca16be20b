// The log of tap: its events again, as the lines that tap showed.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/capture_readers.h"
#include "app/conversation_text.h"
#include "app/conversation_totals.h"
#include "text/escape.h"

namespace wsspec {
namespace {

using Json = nlohmann::ordered_json;
using observe::Role;

constexpr std::size_t kMostLine = 4u << 20;

std::string text_in(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool flag_in(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_boolean() && found->get<bool>();
}

double ms_in(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_number() ? found->get<double>() : 0;
}

wire::HeaderList headers_in(const Json& event) {
  wire::HeaderList out;
  if (const auto found = event.find("headers"); found != event.end() && found->is_array())
    for (const Json& one : *found)
      if (one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_string())
        out.emplace_back(one[0].get<std::string>(), one[1].get<std::string>());
  return out;
}

class Log {
 public:
  explicit Log(CaptureReport& report) : report_(report) {}

  void event(const Json& event) {
    const std::string name = text_in(event, "event");
    const std::uint64_t number = number_in(event, "connection");
    if (name == "start" || number == 0) return;
    if (!talks_.contains(number)) talks_[number] = std::make_unique<Talk>(number, *this);
    Talk& talk = *talks_[number];
    for (observe::Sink* sink :
         {static_cast<observe::Sink*>(&talk.ending), static_cast<observe::Sink*>(&talk.text)})
      tell(*sink, name, event);
    if (name == "failed") {
      talk.ending.cancel();
      report_.line(number, ms_in(event, "ms"),
                   fmt::format("{}: {}", text_in(event, "side"),
                               text::printable(text_in(event, "why"), 300)));
    }
    if (name == "close") {
      const auto code = number_in(event, "code");
      report_.closed(code == 0 || code > 0xffff ? std::nullopt
                                                : std::optional(static_cast<std::uint16_t>(code)));
    }
    if (name == "end" && ++talk.ends == 2) talks_.erase(number);
  }
  const ConversationTotals& finish() {
    talks_.clear();
    return totals_;
  }

 private:
  struct Talk {
    Talk(std::uint64_t number, Log& log)
        : text({.payloads = false, .show_secrets = true},  // they are out already
               [number, &log](LineKind /*kind*/, double ms, const std::string& line) {
                 log.report_.line(number, ms, line);
               }),
          ending(log.totals_) {}
    ConversationText text;
    EndingNote ending;
    int ends = 0;
  };

  static void tell(observe::Sink& sink, const std::string& name, const Json& event) {
    const double ms = ms_in(event, "ms");
    const Role side = text_in(event, "side") == "server" ? Role::server : Role::client;
    if (name == "request") {
      const wire::HttpRequest request{text_in(event, "method"), text_in(event, "target"),
                                      "HTTP/1.1", headers_in(event)};
      const std::string fault = text_in(event, "fault");
      sink.on_request({request, fault, ms});
    } else if (name == "response") {
      wire::HttpResponse response;
      response.status = static_cast<int>(number_in(event, "status") % 1000);
      std::optional<wire::DeflateParams> deflate;
      if (flag_in(event, "deflate")) deflate.emplace();
      sink.on_response({response, flag_in(event, "interim"), text_in(event, "fault"), deflate,
                        ms_in(event, "waited_ms"), ms});
    } else if (name == "frame") {
      wire::FrameHeader header;
      header.opcode = number_in(event, "opcode") & 0xf;
      header.fin = flag_in(event, "fin");
      header.rsv = number_in(event, "rsv") & 7;
      header.masked = flag_in(event, "masked");
      header.length = number_in(event, "length");
      sink.on_frame({side,
                     number_in(event, "number"),
                     header,
                     number_in(event, "at"),
                     {},
                     !event.contains("whole"),
                     ms});
    } else if (name == "message") {
      sink.on_message({side, number_in(event, "number"),
                       static_cast<wire::Opcode>(number_in(event, "opcode") & 0xf),
                       number_in(event, "frames"), number_in(event, "octets"),
                       flag_in(event, "compressed"), ms});
    } else if (name == "violation") {
      // The log has the words of it, whatever the kind.
      wire::Violation violation;
      violation.kind = wire::ViolationKind::unmasked;
      violation.what = text_in(event, "text");
      violation.at = number_in(event, "at");
      sink.on_violation({side,
                         number_in(event, "frame"),
                         static_cast<std::uint8_t>(number_in(event, "opcode") & 0xf),
                         violation,
                         {},
                         0,
                         {},
                         ms});
    } else if (name == "close") {
      std::optional<std::uint16_t> code;
      if (const auto read = number_in(event, "code"); read > 0 && read <= 0xffff)
        code = static_cast<std::uint16_t>(read);
      const std::string reason = text_in(event, "reason");
      sink.on_close({side, code, reason, flag_in(event, "answer"), ms});
    } else if (name == "ping") {
      sink.on_pong({side, ms_in(event, "round_trip_ms"), ms});
    } else if (name == "opaque") {
      sink.on_opaque(side, text_in(event, "why"), ms);
    } else if (name == "end") {
      sink.on_end(
          {side, text_in(event, "how") == "reset" ? observe::EndKind::reset : observe::EndKind::fin,
           ms});
    }
  }

  CaptureReport& report_;
  ConversationTotals totals_;
  std::map<std::uint64_t, std::unique_ptr<Talk>> talks_;
};

}  // namespace

tl::expected<bool, std::string> inspect_log(const capture::NextPiece& next, CaptureReport& report) {
  Log log(report);
  std::string held;
  std::uint64_t lines = 0;
  std::string problem;
  while (problem.empty()) {
    const auto piece = next();
    if (!piece) return tl::unexpected(piece.error());
    held += wire::as_chars(*piece);
    std::size_t at = 0;
    for (std::size_t end; (end = held.find('\n', at)) != std::string::npos; at = end + 1) {
      const std::string line = held.substr(at, end - at);
      ++lines;
      const Json event = Json::parse(line, nullptr, false);
      if (!event.is_object()) {
        problem = fmt::format("line {} is no JSON object", lines);
        break;
      }
      report.json(text::json_text(event.dump(-1, ' ', false, Json::error_handler_t::replace)) +
                  "\n");
      log.event(event);
    }
    held.erase(0, at);
    if (held.size() > kMostLine) problem = fmt::format("line {} is longer than 4 MiB", lines + 1);
    if (piece->empty()) break;
  }
  if (problem.empty() && !held.empty()) problem = fmt::format("it ends inside line {}", lines + 1);
  const ConversationTotals& totals = log.finish();
  if (!problem.empty()) report.note("The log is judged as far as it can be read: " + problem);
  report.finish(totals.text());
  return totals.violations() > 0;
}

}  // namespace wsspec
