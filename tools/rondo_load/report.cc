// SPDX-License-Identifier: MIT
#include "report.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace rondo::tools {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
double microseconds(Duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::string json_of(const Histogram& histogram) {
  return absl::StrFormat(
      R"({"p50":%.3f,"p90":%.3f,"p99":%.3f,"p999":%.3f,"max":%.3f,"mean":%.3f})",
      microseconds(histogram.percentile(50)), microseconds(histogram.percentile(90)),
      microseconds(histogram.percentile(99)), microseconds(histogram.percentile(99.9)),
      microseconds(histogram.max()), microseconds(histogram.mean()));
}

std::string text_of(const Histogram& histogram) {
  return absl::StrFormat(
      "p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  mean %.1f us",
      microseconds(histogram.percentile(50)), microseconds(histogram.percentile(90)),
      microseconds(histogram.percentile(99)), microseconds(histogram.percentile(99.9)),
      microseconds(histogram.max()), microseconds(histogram.mean()));
}

// Only epoll has one.
std::string trigger(const LoadOptions& options, const BackendChoice& backend) {
  return backend.kind == BackendKind::kEpoll ? std::string(name_of(options.trigger)) : "none";
}

std::uint64_t errors(const LoadResult& result) {
  return result.failures + (result.failure.empty() ? 0 : result.unanswered);
}

}  // namespace

std::string text_report(const LoadOptions& options, const BackendChoice& backend,
                        const LoadResult& result) {
  const std::string mode = options.open_loop()
                               ? absl::StrFormat("open loop at %g requests/s", options.rate)
                               : absl::StrFormat("closed loop, depth %d", options.depth);
  std::string text = absl::StrFormat(
      "target     %s\n"
      "load       %d connections x %d B, %s\n"
      "backend    %s (%s)\n"
      "requests   %d in %.3f s = %.0f/s\n"
      "latency    %s\n",
      options.target.to_string(), options.connections, options.size, mode,
      std::string(name_of(backend.kind)), backend.reason, result.requests(),
      seconds(result.measured), result.requests_per_second(), text_of(result.latency));
  if (options.open_loop()) absl::StrAppend(&text, "sent late  ", text_of(result.late), "\n");
  absl::StrAppendFormat(&text, "errors     %d (%d unanswered)\nown CPU    %.3f s\n", errors(result),
                        result.unanswered, seconds(result.own_cpu));
  return text;
}

std::string json_report(const LoadOptions& options, const BackendChoice& backend,
                        const LoadResult& result) {
  return absl::StrFormat(
      R"({"requests":%d,"seconds":%.6f,"requests_per_second":%.1f,"latency_us":%s,)"
      R"("late_us":%s,"errors":%d,"unanswered":%d,"answers":%d,"connections":%d,"size":%d,)"
      R"("depth":%d,"rate":%g,"backend":"%s","trigger":"%s","own_cpu_seconds":%.6f})"
      "\n",
      result.requests(), seconds(result.measured), result.requests_per_second(),
      json_of(result.latency), json_of(result.late), errors(result), result.unanswered,
      result.answers, options.connections, options.size, options.depth, options.rate,
      std::string(name_of(backend.kind)), trigger(options, backend), seconds(result.own_cpu));
}

}  // namespace rondo::tools
