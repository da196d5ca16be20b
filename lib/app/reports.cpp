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

  tl::expected<void, std::string> open_events() {
    if (options_.events.empty()) return {};
    auto opened = report::StreamSink::open(options_.events);
    if (!opened) return tl::unexpected(opened.error());
    stream_ = *opened;
    events_ = std::make_unique<report::EventsReport>(
        [stream = stream_](std::string_view line) { stream->write(line); });
    return {};
  }

  std::vector<report::Observer*> observers() override {
    std::vector<report::Observer*> all{&console_};
    if (!options_.json.empty()) all.push_back(&json_);
    if (!options_.junit.empty()) all.push_back(&junit_);
    if (!options_.autobahn.empty()) all.push_back(&autobahn_);
    if (events_) all.push_back(events_.get());
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
    if (stream_ && !stream_->error().empty()) errors.push_back(stream_->error());
    return errors;
  }

 private:
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
  std::shared_ptr<report::StreamSink> stream_;
  std::unique_ptr<report::EventsReport> events_;
};

}  // namespace

tl::expected<std::unique_ptr<Reports>, std::string> Reports::open(const ReportOptions& options) {
  auto reports = std::make_unique<OpenReports>(options);
  if (auto opened = reports->open_events(); !opened) return tl::unexpected(opened.error());
  return reports;
}

}  // namespace wsspec
