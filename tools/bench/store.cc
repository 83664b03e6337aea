// SPDX-License-Identifier: MIT
#include "store.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <absl/strings/str_cat.h>

#include "environment.h"
#include "failure.h"
#include "page.h"

namespace rondo::bench {
namespace {

namespace fs = std::filesystem;

// Written beside its place and moved there when it is whole.
void write_whole(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  std::FILE* file = std::fopen(draft.c_str(), "w");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  int error = errno;
  if (file != nullptr && std::fclose(file) != 0 && written) {
    written = false;
    error = errno;
  }
  if (written && std::rename(draft.c_str(), path.c_str()) == 0) return;
  if (written) error = errno;
  std::remove(draft.c_str());
  throw Failure(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

}  // namespace

Store::Store(std::string folder, Facts environment, Facts settings, bool fresh)
    : folder_(std::move(folder)),
      report_{std::move(environment), std::move(settings), /*scenarios=*/{}} {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw Failure(absl::StrCat("cannot make ", folder_, ": ", error.message()));
  load(fresh);
  write();  // a folder that cannot be written to should not cost minutes
}

std::string Store::path(std::string_view name) const {
  return absl::StrCat(folder_, "/", std::string(name));
}

void Store::load(bool fresh) {
  const std::string results = path("results.json");
  if (!fs::exists(results)) return;
  Report old = read_report(results);
  const bool goes_on = !fresh && same_place(old.environment, report_.environment) &&
                       old.settings == report_.settings;
  if (goes_on) {
    report_.scenarios = std::move(old.scenarios);
    return;
  }
  for (int number = 1; put_aside_.empty(); ++number) {
    const std::string free = path(absl::StrCat("results.", number, ".json"));
    if (!fs::exists(free)) put_aside_ = free;
  }
  std::error_code error;
  fs::rename(results, put_aside_, error);
  if (error) throw Failure(absl::StrCat("cannot rename ", results, ": ", error.message()));
}

void Store::keep(std::string_view scenario, Cell cell) {
  report_.put(scenario, std::move(cell));
  write();
}

void Store::write() const {
  constexpr int kDepthOfRows = 6;
  write_whole(path("results.json"), to_json(report_).print(kDepthOfRows) + "\n");
  write_whole(path("results.csv"), to_csv(report_));
  write_whole(path("report.html"), page(report_));
}

Report read_report(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Failure(absl::StrCat("cannot read ", path));
  try {
    return report_from(Json::parse(text.str()));
  } catch (const Failure& failure) {
    throw Failure(absl::StrCat(path, ": ", failure.what()));
  }
}

}  // namespace rondo::bench
