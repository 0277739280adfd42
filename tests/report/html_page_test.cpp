#include "report/html_page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace layerwatt {
namespace {

TEST(JsonForScript, LeavesNothingThatCouldEndTheScript) {
  const std::string json = R"({"name":"</script><img src=x onerror=alert(1)> & <!--"})";
  const std::string text = json_for_script(json);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos) << text;
  EXPECT_EQ(nlohmann::json::parse(text), nlohmann::json::parse(json)) << "the same value";
}

TEST(JsonForScript, LeavesPlainJsonAlone) {
  EXPECT_EQ(json_for_script(R"({"a":[1,"é"]})"), R"({"a":[1,"é"]})");
}

TEST(HtmlPage, HoldsTheDataOnceAndNoPlaceholder) {
  std::ostringstream out;
  write_html_page(out, "result", R"({"here":"once"})");
  const std::string page = out.str();
  const auto at = page.find(R"(id="data">{"here":"once"}</script>)");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(page.find(R"({"here":"once"})", at + 20), std::string::npos);
  for (const char* placeholder : {"@DATA@", "@SCRIPT@", "@STYLE@", "@SCRIPT_HASH@", "@VERSION@"}) {
    EXPECT_EQ(page.find(placeholder), std::string::npos) << placeholder;
  }
}

// A link that a page needs would make it blank on a machine without a network.
TEST(HtmlPage, ReachesForNothingOutside) {
  std::ostringstream out;
  write_html_page(out, "result", "{}");
  std::string page = out.str();
  const std::string svg = "http://www.w3.org/2000/svg";
  page.erase(page.find(svg), svg.size());
  for (const char* reach :
       {"http://", "https://", "@import", "url(", "fetch(", "<link rel=\"style", "src="}) {
    EXPECT_EQ(page.find(reach), std::string::npos) << reach;
  }
  EXPECT_NE(page.find("default-src 'none'; script-src 'sha256-"), std::string::npos);
}

TEST(HtmlPage, RefusesAPageThatIsNotThere) {
  std::ostringstream out;
  EXPECT_THROW(write_html_page(out, "no such", "{}"), std::out_of_range);
}

}  // namespace
}  // namespace layerwatt
