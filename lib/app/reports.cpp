#include "app/reports.h"

#include <new>

#include "report/autobahn.h"
#include "report/console.h"
#include "report/file_sink.h"
#include "report/json.h"
#include "report/junit.h"

namespace wsspec {
namespace {

class OpenReports : public Reports {
 public:
  explicit OpenReports(const ReportOptions& options)
      : options_(options),
        console_(console_options(options)),
        junit_({shown(options.reproduce_prefix), shown(options.reproduce_run)}),
        autobahn_(shown(options.agent)) {}

  tl::expected<void, std::string> open_streams() {
    return open_stream(options_.events, events_).and_then([this] {
      return open_stream(options_.transcript, transcript_);
    });
  }

  std::vector<report::Observer*> observers() override {
    std::vector<report::Observer*> all{&console_};
    if (!options_.json.empty()) all.push_back(&json_);
    if (!options_.junit.empty()) all.push_back(&junit_);
    if (!options_.autobahn.empty()) all.push_back(&autobahn_);
    if (events_) all.push_back(events_.get());
    if (transcript_) all.push_back(transcript_.get());
    return all;
  }

  void cut_short(std::string_view why) override {
    const auto text = text::show(why, {});
    junit_.cut_short(text);
    if (events_) events_->cut_short(text);
  }

  std::vector<std::string> finish() override {
    std::vector<std::string> errors;
    const auto write = [&](const std::string& path, const auto& report) {
      if (path.empty()) return;
      try {
        if (auto written = report::write_file(path, report.document()); !written)
          errors.push_back(written.error());
      } catch (const std::bad_alloc&) {  // the others may be smaller
        errors.push_back("cannot write " + path + ": out of memory");
      }
    };
    write(options_.json, json_);
    write(options_.junit, junit_);
    write(options_.autobahn, autobahn_);
    for (const auto& stream : streams_)
      if (!stream->error().empty()) errors.push_back(stream->error());
    return errors;
  }

 private:
  template <class Report>
  tl::expected<void, std::string> open_stream(const std::string& path,
                                              std::unique_ptr<Report>& report) {
    if (path.empty()) return {};
    auto opened = report::StreamSink::open(path);
    if (!opened) return tl::unexpected(opened.error());
    report = std::make_unique<Report>(
        [stream = *opened](std::string_view line) { stream->write(line); });
    streams_.push_back(std::move(*opened));
    return {};
  }
  /// The caller has taken the secrets out.
  static text::Printable shown(const std::string& ours) {
    return text::show(ours, {}, ours.size());
  }
  static report::ConsoleOptions console_options(const ReportOptions& options) {
    report::ConsoleOptions out;
    out.color = options.color;
    out.progress = options.progress;
    out.verbosity = options.verbosity;
    out.width = options.width;
    out.terminal = options.terminal;
    out.reproduce_prefix = shown(options.reproduce_prefix);
    out.reproduce_run = shown(options.reproduce_run);
    out.sink = options.console;
    return out;
  }

  ReportOptions options_;
  report::ConsoleReport console_;
  report::JsonReport json_;
  report::JUnitReport junit_;
  report::AutobahnReport autobahn_;
  std::vector<std::shared_ptr<report::StreamSink>> streams_;
  std::unique_ptr<report::EventsReport> events_;
  std::unique_ptr<report::TranscriptReport> transcript_;
};

}  // namespace

tl::expected<std::unique_ptr<Reports>, std::string> Reports::open(const ReportOptions& options) {
  auto reports = std::make_unique<OpenReports>(options);
  if (auto opened = reports->open_streams(); !opened) return tl::unexpected(opened.error());
  return reports;
}

}  // namespace wsspec
