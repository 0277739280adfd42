#include "archive/plot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <ostream>
#include <vector>

#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 480;
constexpr double kLeft = 80;
constexpr double kRight = 200;  // the names of the series
constexpr double kTop = 40;
constexpr double kBottom = 120;  // slanted names on the x axis
constexpr std::size_t kMostTicks = 24;
constexpr int kMostLines = 5;  // nice_step() leaves no more steps
// Told apart by the colour-blind as well (Okabe and Ito).
constexpr const char* kColors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000"};

struct Point {
  std::size_t x;  // index into Drawing::names
  double y;
};

struct Drawing {
  std::vector<std::string> names;  // along x
  std::vector<std::pair<std::string, std::vector<Point>>> series;
  double lo = 0.0;
  double hi = 0.0;
};

std::size_t column(const Answer& answer, const std::string& name) {
  const auto found = std::find(answer.columns.begin(), answer.columns.end(), name);
  if (found == answer.columns.end()) {
    throw Error(ErrorKind::usage, "the answer has no column '" + name + "' to draw", "--plot",
                "--axes 'line x=COLUMN y=COLUMN' names columns of the SELECT");
  }
  return static_cast<std::size_t>(found - answer.columns.begin());
}

std::string words(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "–" : value.dump();
}

Drawing arranged(const Answer& answer, const PlotAxes& axes) {
  const std::size_t x = column(answer, axes.x);
  const std::size_t y = column(answer, axes.y);
  const bool by_series = !axes.series.empty();
  const std::size_t series = by_series ? column(answer, axes.series) : 0;
  Drawing drawing;
  std::map<std::string, std::size_t> places;
  std::map<std::string, std::size_t> series_places;
  for (const auto& row : answer.rows) {
    if (!row[y].is_number()) continue;
    const double value = row[y].get<double>();
    const std::string name = words(row[x]);
    // Bars stand for rows, and two may have one name; points of one x belong above each other.
    auto place = axes.bars ? places.end() : places.find(name);
    if (place == places.end()) {
      place = places.insert_or_assign(name, drawing.names.size()).first;
      drawing.names.push_back(name);
    }
    const std::string label = by_series ? words(row[series]) : axes.y;
    const auto [known, added] = series_places.try_emplace(label, drawing.series.size());
    if (added) drawing.series.push_back({label, {}});
    drawing.series[known->second].second.push_back({place->second, value});
    const bool first = drawing.names.size() == 1 && drawing.series.size() == 1 &&
                       drawing.series[0].second.size() == 1;
    drawing.lo = first ? value : std::min(drawing.lo, value);
    drawing.hi = first ? value : std::max(drawing.hi, value);
  }
  // A bar's length is its value.
  if (axes.bars) {
    drawing.lo = std::min(drawing.lo, 0.0);
    drawing.hi = std::max(drawing.hi, 0.0);
  }
  if (drawing.hi <= drawing.lo) {
    // Enough to be seen: 1 is less than what tells two stamps in nanoseconds apart.
    const double room = std::max(1.0, 1e-6 * std::abs(drawing.hi));
    drawing.lo -= room;
    drawing.hi += room;
  }
  return drawing;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 24;
  if (text.size() <= kMost) return text;
  std::size_t cut = text.size() - kMost + 3;
  while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) ++cut;
  return "…" + text.substr(cut);
}

class Canvas {
 public:
  Canvas(std::ostream& out, const Drawing& drawing) : out_(out), drawing_(drawing) {}

  double x(std::size_t place) const {
    const double room = kWidth - kLeft - kRight;
    return kLeft + room * (static_cast<double>(place) + 0.5) /
                       static_cast<double>(std::max<std::size_t>(drawing_.names.size(), 1));
  }
  double y(double value) const {
    return kTop + (kHeight - kTop - kBottom) * (drawing_.hi - value) / (drawing_.hi - drawing_.lo);
  }

  void grid(const std::string& y_name) {
    const double step = nice_step(drawing_.lo, drawing_.hi);
    // Counted, and not added up: between large values that differ by little (stamps in nanoseconds)
    // a step may be too small to change a sum, which then never ends.
    const double first = std::ceil(drawing_.lo / step) * step;
    for (int i = 0; i <= kMostLines; ++i) {
      const double tick = first + i * step;
      if (!(tick <= drawing_.hi)) break;
      const double at = y(tick);
      out_ << fmt::format(
          "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n",
          kLeft, at, kWidth - kRight, at);
      out_ << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{:.6g}</text>\n",
                          kLeft - 6, at + 4, std::abs(tick) < step / 1e6 ? 0.0 : tick);
    }
    out_ << fmt::format(
        "<text x=\"16\" y=\"{0:.1f}\" transform=\"rotate(-90 16 {0:.1f})\" "
        "text-anchor=\"middle\">{1}</text>\n",
        (kTop + kHeight - kBottom) / 2, xml_text(y_name));
    const std::size_t every = drawing_.names.size() / kMostTicks + 1;
    for (std::size_t i = 0; i < drawing_.names.size(); i += every) {
      out_ << fmt::format(
          "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"end\" "
          "transform=\"rotate(-40 {0:.1f} {1:.1f})\"><title>{3}</title>{2}</text>\n",
          x(i), kHeight - kBottom + 16, xml_text(shortened(drawing_.names[i])),
          xml_text(drawing_.names[i]));
    }
  }

  void lines(const std::vector<Point>& points, const char* color) {
    out_ << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << color << "\" points=\"";
    for (const Point& point : points) out_ << fmt::format("{:.1f},{:.1f} ", x(point.x), y(point.y));
    out_ << "\"/>\n";
    for (const Point& point : points) {
      out_ << fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}: {:.6g}</title>"
          "</circle>\n",
          x(point.x), y(point.y), color, xml_text(drawing_.names[point.x]), point.y);
    }
  }

  void bars(const std::vector<Point>& points, const char* color) {
    const double width = std::max(1.0, 0.8 * (x(1) - x(0)));
    for (const Point& point : points) {
      const double from = y(std::max(point.y, 0.0));
      out_ << fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
          "fill=\"{}\"><title>{}: "
          "{:.6g}</title></rect>\n",
          x(point.x) - width / 2, from, width, y(std::min(point.y, 0.0)) - from, color,
          xml_text(drawing_.names[point.x]), point.y);
    }
  }

  void legend(std::size_t row, const std::string& name, const char* color) {
    const double at = kTop + 18 * static_cast<double>(row);
    out_ << fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/><text "
        "x=\"{:.1f}\" "
        "y=\"{:.1f}\">{}</text>\n",
        kWidth - kRight + 14, at - 10, color, kWidth - kRight + 32, at, xml_text(shortened(name)));
  }

 private:
  std::ostream& out_;
  const Drawing& drawing_;
};

}  // namespace

double nice_step(double lo, double hi) {
  const double raw = (hi - lo) / 5.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10.0 * power;
}

std::string xml_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '"') {
      safe += "&quot;";
    } else {
      safe += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return safe;
}

void write_svg(std::ostream& out, const Answer& answer, const PlotAxes& axes,
               const std::string& title) {
  const Drawing drawing = arranged(answer, axes);
  out << fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{2}\" y=\"22\" font-size=\"15\">{3}</text>\n",
      kWidth, kHeight, kLeft, xml_text(title));
  Canvas canvas(out, drawing);
  canvas.grid(axes.y);
  constexpr std::size_t kMostNames = 17;
  for (std::size_t i = 0; i < drawing.series.size(); ++i) {
    const char* color = kColors[i % std::size(kColors)];
    const auto& [name, points] = drawing.series[i];
    if (axes.bars) {
      canvas.bars(points, color);
    } else {
      canvas.lines(points, color);
    }
    if (i < kMostNames) canvas.legend(i, name, color);
  }
  out << "</svg>\n";
}

}  // namespace layerwatt::archive
