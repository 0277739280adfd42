// Text for Markdown, as GitHub and GitLab read it.
#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

// A name or a sentence that is not ours as Markdown that shows it and does nothing else: no markup,
// no end of a table's cell, no link, no picture, no mention of a person or an issue.
std::string markdown_text(std::string_view text);

}  // namespace layerwatt
