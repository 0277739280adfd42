// The lines that --sensor file:F reads while they come.
#include "sensor/sample_lines.hpp"

#include <vector>

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {
namespace {

class NoProblems final : public Problems {
 public:
  void report(std::string_view code, std::string_view message) override {
    require(!code.empty() && !message.empty(), "a problem without a word");
    require(message.size() < 2000, "the message repeats the input");
  }
};

}  // namespace

void fuzz_sample_lines(std::string_view bytes) {
  for (const bool energy : {false, true}) {
    SampleLines lines(energy);
    NoProblems problems;
    std::vector<double> values;
    bool understood = false;
    std::string_view rest = bytes;
    try {
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string line(rest.substr(0, end));  // as a reader's buffer: nothing behind it
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!understood) {
          understood = lines.understand(line);
          values.assign(lines.rails().size(), 0.0);
          if (lines.format() != PowerFormat::tegrastats) continue;
        }
        if (understood) lines.parse(line, values, problems);
      }
    } catch (const Error& error) {
      require_useful(error);
    }
  }
}

}  // namespace layerwatt::fuzz
