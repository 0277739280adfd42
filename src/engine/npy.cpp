#include "engine/npy.hpp"

#include <cctype>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
// numpy itself refuses headers above 10000 bytes when it does not trust the file.
constexpr std::size_t kLongestHeader = 65536;

// The header is a Python dict literal of three known keys; this reads that and no more Python.
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::bad_input, what, where_, "write it with numpy.save(file, array)");
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(char expected) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }
  void expect(char expected) {
    if (!take(expected)) fail(std::string("malformed .npy header: no '") + expected + "'");
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  std::string quoted() {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) {
      fail("malformed .npy header: a quoted word is missing");
    }
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail("malformed .npy header: a quote is open");
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  std::int64_t number() {
    skip_space();
    std::int64_t value = 0;
    const std::size_t first = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (value > (std::numeric_limits<std::int64_t>::max() - 9) / 10) {
        fail("a dimension in the .npy header is too large");
      }
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == first) fail("malformed .npy header: a dimension is missing");
    return value;
  }

 private:
  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

struct TypeRow {
  std::string_view numpy;  // without the byte order
  Element element;
};

constexpr TypeRow kTypes[] = {
    {"f8", Element::f64}, {"f4", Element::f32}, {"f2", Element::f16}, {"i8", Element::i64},
    {"i4", Element::i32}, {"i2", Element::i16}, {"i1", Element::i8},  {"u8", Element::u64},
    {"u4", Element::u32}, {"u2", Element::u16}, {"u1", Element::u8},  {"b1", Element::boolean},
};

Element element_of(const std::string& descr, const std::string& where) {
  if (!descr.empty() && descr.front() == '>') {
    throw Error(ErrorKind::bad_input, "the array is big-endian (" + descr + ")", where,
                "save array.astype(array.dtype.newbyteorder('<'))");
  }
  for (const TypeRow& row : kTypes) {
    if (descr.size() == 3 && descr.substr(1) == row.numpy &&
        (descr[0] == '<' || (descr[0] == '|' && size_of(row.element) == 1))) {
      return row.element;
    }
  }
  throw Error(ErrorKind::bad_input, "the array's type " + descr + " is no network input", where,
              "save array.astype('float32'), or another plain number type");
}

std::vector<std::int64_t> shape_in(HeaderText& header) {
  std::vector<std::int64_t> shape;
  header.expect('(');
  while (!header.take(')')) {
    shape.push_back(header.number());
    if (!header.take(',')) {
      header.expect(')');
      break;
    }
  }
  return shape;
}

std::size_t bytes_of(Element element, const std::vector<std::int64_t>& shape,
                     const std::string& where) {
  std::size_t bytes = size_of(element);
  for (const std::int64_t dimension : shape) {
    const auto count = static_cast<std::size_t>(dimension);
    if (count != 0 && bytes > std::numeric_limits<std::size_t>::max() / 2 / count) {
      throw Error(ErrorKind::bad_input, "the array's shape " + shape_text(shape) + " is absurd",
                  where);
    }
    bytes *= count;
  }
  return bytes;
}

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace

NpyHeader parse_npy_header(std::string_view start, const std::string& where) {
  const auto not_npy = [&](const std::string& why) {
    return Error(ErrorKind::bad_input, "not a .npy file: " + why, where,
                 "write it with numpy.save(file, array)");
  };
  if (start.substr(0, kMagic.size()) != kMagic) throw not_npy("it does not start with \\x93NUMPY");
  if (start.size() < 8) throw not_npy("it ends within its first bytes");
  const int major = static_cast<unsigned char>(start[6]);
  if (major < 1 || major > 3) throw not_npy("unknown version " + std::to_string(major));
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  if (start.size() < 8 + length_bytes) throw not_npy("it ends within its first bytes");
  const std::size_t length = little_endian(start.substr(8, length_bytes));
  const std::size_t data_offset = 8 + length_bytes + length;
  if (length > kLongestHeader)
    throw not_npy("its header would be " + std::to_string(length) + " B");
  if (start.size() < data_offset) throw not_npy("it ends within its header");

  HeaderText header(start.substr(8 + length_bytes, length), where);
  std::optional<Element> element;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> shape;
  header.expect('{');
  while (!header.take('}')) {
    const std::string key = header.quoted();
    header.expect(':');
    if (key == "descr") {
      element = element_of(header.quoted(), where);
    } else if (key == "fortran_order") {
      fortran = header.take_word("True");
      if (!*fortran && !header.take_word("False")) header.fail("malformed .npy header: no order");
    } else if (key == "shape") {
      shape = shape_in(header);
    } else {
      header.fail("unknown key '" + key + "' in the .npy header");
    }
    if (!header.take(',')) {
      header.expect('}');
      break;
    }
  }
  if (!element || !fortran || !shape) header.fail("the .npy header lacks descr, order or shape");
  if (*fortran && shape->size() > 1) {
    throw Error(ErrorKind::bad_input, "the array is in Fortran order", where,
                "save numpy.ascontiguousarray(array)");
  }
  const std::size_t data_bytes = bytes_of(*element, *shape, where);
  return {*element, std::move(*shape), data_offset, data_bytes};
}

NpyArray read_npy(const std::filesystem::path& file) {
  const std::string where = file.string();
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  std::ifstream stream(file, std::ios::binary);
  if (failed || !stream) {
    throw Error(ErrorKind::io, failed ? failed.message() : "cannot be opened", where);
  }
  std::string start(std::min<std::uintmax_t>(size, 12 + kLongestHeader), '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (!stream) throw Error(ErrorKind::io, "cannot be read", where);

  NpyHeader header = parse_npy_header(start, where);
  // Checked before anything of that size is allocated: the header may lie.
  if (size - header.data_offset != header.data_bytes) {
    throw Error(ErrorKind::bad_input,
                "holds " + std::to_string(size - header.data_offset) + " bytes of data where " +
                    std::string(to_string(header.element)) + " " + shape_text(header.shape) +
                    " needs " + std::to_string(header.data_bytes),
                where, "it was cut short or changed: write it again");
  }
  NpyArray array{header.element, std::move(header.shape), {}};
  array.data.resize(header.data_bytes);
  stream.seekg(static_cast<std::streamoff>(header.data_offset));
  stream.read(reinterpret_cast<char*>(array.data.data()),
              static_cast<std::streamsize>(array.data.size()));
  if (!stream) throw Error(ErrorKind::io, "cannot be read", where);
  return array;
}

}  // namespace layerwatt
