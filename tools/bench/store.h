// SPDX-License-Identifier: MIT
// The folder that results are kept in: results.json, results.csv, report.html.
#pragma once

#include <string>

#include "result.h"

namespace rondo::bench {

class Store {
 public:
  // Makes the folder. Results of the same place and settings that are there already are gone on
  // with; others are put aside under a name of their own. `fresh` puts them aside in any case.
  // Throws Failure.
  Store(std::string folder, Facts environment, Facts settings, bool fresh);

  const Report& report() const { return report_; }
  // Where the old results went; empty when there were none to be put aside.
  const std::string& put_aside() const { return put_aside_; }

  // Keeps the cell, in the report and on the disk, all files whole at every moment. Throws Failure,
  // and what was there before stays, when the disk is full.
  void keep(std::string_view scenario, Cell cell);

  std::string path(std::string_view name) const;

 private:
  void load(bool fresh);
  void write() const;

  std::string folder_;
  Report report_;
  std::string put_aside_;
};

// The report in a JSON file. Throws Failure.
Report read_report(const std::string& path);

}  // namespace rondo::bench
