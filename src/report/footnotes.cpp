#include "report/footnotes.hpp"

#include <algorithm>

#include "report/display.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

std::string superscript(std::size_t number) {
  static constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (const char digit : std::to_string(number)) text += kDigits[digit - '0'];
  return text;
}

}  // namespace

std::string Footnotes::dash(const std::string& reason) { return "–" + mark(reason); }

std::string Footnotes::mark(const std::string& reason) {
  const auto found = std::find(reasons_.begin(), reasons_.end(), reason);
  const auto place = static_cast<std::size_t>(found - reasons_.begin());
  if (found == reasons_.end()) reasons_.push_back(reason);
  return superscript(place + 1);
}

std::vector<std::string> Footnotes::lines() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < reasons_.size(); ++i) {
    const std::string code = harmless(reasons_[i]);
    const std::string words = harmless(reason_words(reasons_[i]));
    lines.push_back(superscript(i + 1) + " " + words + (words == code ? "" : " (" + code + ")"));
  }
  return lines;
}

}  // namespace layerwatt
