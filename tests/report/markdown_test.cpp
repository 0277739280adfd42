#include "report/markdown.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(MarkdownText, PlainNamesStayAsTheyAre) {
  for (const char* name :
       {"conv1", "/features/0/Conv", "group: conv 1, 2", "10.5 %", "größe → 2"}) {
    EXPECT_EQ(markdown_text(name), name);
  }
}

TEST(MarkdownText, MarkupIsText) {
  EXPECT_EQ(markdown_text("a|b"), "a&#124;b") << "the end of a cell";
  EXPECT_EQ(markdown_text("*a* `b` [c](d)"), "&#42;a&#42; &#96;b&#96; &#91;c&#93;&#40;d&#41;");
  EXPECT_EQ(markdown_text("<b>&amp;"), "&#60;b&#62;&#38;amp;");
  EXPECT_EQ(markdown_text("a\\|b"), "a&#92;&#124;b");
  EXPECT_EQ(markdown_text("a\nb"), "a&#92;nb") << "one line, as a table's row must be";
}

TEST(MarkdownText, NothingIsALink) {
  EXPECT_EQ(markdown_text("https://example.com/a"), "https&#58;//example.com/a");
  EXPECT_EQ(markdown_text("www.example.com"), "www&#46;example.com");
  EXPECT_EQ(markdown_text("ftp:x"), "ftp&#58;x");
}

// The page's text is searched for these, behind every entity.
TEST(MarkdownText, NobodyIsMentioned) {
  EXPECT_EQ(markdown_text("@someone"), "&#64;&#8203;someone");
  EXPECT_EQ(markdown_text("a@example.com"), "a&#64;&#8203;example.com");
  EXPECT_EQ(markdown_text("#1"), "&#35;&#8203;1");
}

}  // namespace
}  // namespace layerwatt
