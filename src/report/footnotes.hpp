// Numbers the reasons why values are missing, so that a cell can say "–¹".
#pragma once

#include <string>
#include <vector>

namespace layerwatt {

class Footnotes {
 public:
  // A dash with the mark of that reason. Never empty and never a number: missing is not zero.
  std::string dash(const std::string& reason);
  // The mark alone, for a value that is there with a reservation.
  std::string mark(const std::string& reason);
  // "¹ no power sample fell inside (no_samples)", by mark.
  std::vector<std::string> lines() const;

 private:
  std::vector<std::string> reasons_;
};

}  // namespace layerwatt
