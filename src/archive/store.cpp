#include "archive/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "layerwatt-archive.json";
constexpr const char* kFormat = "layerwatt-archive";
constexpr int kVersion = 1;
constexpr const char* kUnfinished = ".tmp";

Error failed(const fs::path& file, int error) {
  return Error(ErrorKind::io, std::string("cannot be written: ") + std::strerror(error),
               file.string(),
               "the archive must be a folder that you may write to, with room in it");
}

std::string random_hex(std::size_t digits) {
  std::random_device device;
  std::string text;
  while (text.size() < digits) text += "0123456789abcdef"[device() % 16];
  return text;
}

class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags, mode_t mode = 0)
      : number_(::open(file.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  // The errno of close(2), which is where NFS tells of a full disk.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

int write_all(int descriptor, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(descriptor, bytes.data() + at, bytes.size() - at);
    if (n > 0) at += static_cast<std::size_t>(n);
    if (n < 0 && errno != EINTR) return errno;
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

// So that a new name outlives a power cut. Some file systems cannot, and then need not.
void sync_folder(const fs::path& folder) {
  const Descriptor opened(folder, O_RDONLY | O_DIRECTORY);
  if (opened.get() >= 0) ::fsync(opened.get());
}

// Whole and on the disk, under a name that no reader looks at. ENOENT: the folder went away.
int write_unfinished(const fs::path& file, const std::string& bytes) {
  Descriptor opened(file, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (opened.get() < 0) return errno;
  int error = write_all(opened.get(), bytes);
  if (const int at_close = opened.close(); error == 0) error = at_close;
  if (error != 0) ::unlink(file.c_str());
  return error;
}

fs::path unfinished_name(const fs::path& file) {
  return file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) +
                               "-" + random_hex(8) + kUnfinished);
}

bool is_unfinished(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') && name.ends_with(kUnfinished);
}

// "key=value" → value; empty where it is another key.
std::string value_of(const fs::path& folder, const std::string& key) {
  const std::string name = folder.string();
  return name.starts_with(key + "=") ? name.substr(key.size() + 1) : std::string();
}

std::optional<StoredFile> stored(const fs::path& root, const fs::path& file) {
  if (file.extension() != ".parquet" || file.filename().string().starts_with('.')) {
    return std::nullopt;
  }
  const fs::path relative = file.lexically_relative(root);
  const std::vector<fs::path> parts(relative.begin(), relative.end());
  if (parts.size() != 4) return std::nullopt;
  StoredFile found{file,
                   value_of(parts[0], "date"),
                   value_of(parts[1], "device"),
                   value_of(parts[2], "model"),
                   file.stem().string(),
                   0};
  if (found.date.empty() || found.device.empty() || found.model.empty()) return std::nullopt;
  return found;
}

void add_files_below(const fs::path& folder, std::vector<fs::path>& files) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const fs::file_type type = entry->symlink_status(ignored).type();
    if (type == fs::file_type::regular) files.push_back(entry->path());
    if (type == fs::file_type::directory) add_files_below(entry->path(), files);
  }
  // A folder that `archive gc` took away meanwhile held nothing. Any other that cannot be read must
  // not pass for an empty one: gc would take its runs' layers for left over.
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Error(ErrorKind::io, "cannot be read: " + error.message(), folder.string(),
                "may you read all of the archive's folders?");
  }
}

// Regular files below; links are not followed.
std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> files;
  add_files_below(root, files);
  return files;
}

std::optional<struct stat> stat_of(const fs::path& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0) return std::nullopt;
  return found;
}

std::int64_t written_ns(const struct stat& file) {
  return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

Garbage garbage_of(const fs::path& file, const struct stat& found, std::string why) {
  return {file, std::move(why), static_cast<std::uintmax_t>(found.st_size), written_ns(found)};
}

std::string read_salt(const fs::path& marker) {
  const nlohmann::json root =
      nlohmann::json::parse(read_whole_file(marker, 1 << 16), nullptr, false);
  const bool ours = root.is_object() && root.contains("format") && root["format"] == kFormat &&
                    root.contains("version") && root["version"].is_number_integer();
  if (!ours) {
    throw Error(ErrorKind::bad_input, "is not the mark of a layerwatt archive", marker.string(),
                "give another folder");
  }
  if (root["version"].get<int>() > kVersion) {
    throw Error(ErrorKind::bad_input, "was written by a later layerwatt", marker.string(),
                "update layerwatt");
  }
  if (root.contains("compacted")) {
    throw Error(ErrorKind::bad_input, "is a compacted copy, which is only there to be asked",
                marker.parent_path().string(),
                "give the archive that it was made from; `layerwatt archive query` takes either");
  }
  return root.contains("salt") && root["salt"].is_string() ? root["salt"].get<std::string>() : "";
}

}  // namespace

Store::Store(fs::path directory, std::string salt)
    : directory_(std::move(directory)), salt_(std::move(salt)) {}

Store Store::open(const fs::path& directory) {
  std::error_code ignored;
  if (!fs::exists(directory / kMarker, ignored)) {
    throw Error(ErrorKind::bad_input, "there is no archive", directory.string(),
                "layerwatt archive add RESULT --archive " + directory.string() + " makes one");
  }
  return Store(directory, read_salt(directory / kMarker));
}

Store Store::open_or_create(const fs::path& directory) {
  const fs::path marker = directory / kMarker;
  std::error_code error;
  if (!fs::exists(marker, error)) {
    fs::create_directories(directory, error);
    if (error) throw failed(directory, error.value());
    const nlohmann::ordered_json root{
        {"format", kFormat}, {"version", kVersion}, {"salt", random_hex(32)}};
    const fs::path unfinished = unfinished_name(marker);
    if (const int why = write_unfinished(unfinished, root.dump(1) + "\n"); why != 0) {
      throw failed(marker, why);
    }
    // Of writers that begin together one makes the name, and all take what that one wrote.
    const int linked = ::link(unfinished.c_str(), marker.c_str()) == 0 ? 0 : errno;
    ::unlink(unfinished.c_str());
    if (linked != 0 && linked != EEXIST) throw failed(marker, linked);
    sync_folder(directory);
  }
  return open(directory);
}

bool Store::has(const std::string& name) const { return stat_of(directory_ / name).has_value(); }

void Store::put(const std::string& name, const std::string& bytes) const {
  const fs::path file = directory_ / name;
  // `archive gc` may take an empty folder away just when it was made.
  for (int attempt = 0;; ++attempt) {
    std::error_code error;
    const bool made = fs::create_directories(file.parent_path(), error);
    if (error) throw failed(file.parent_path(), error.value());
    const fs::path unfinished = unfinished_name(file);
    int why = write_unfinished(unfinished, bytes);
    if (why == 0 && ::rename(unfinished.c_str(), file.c_str()) != 0) {
      why = errno;
      ::unlink(unfinished.c_str());
    }
    if (why == ENOENT && attempt < 3) continue;
    if (why != 0) throw failed(file, why);
    fs::path folder = file.parent_path();
    sync_folder(folder);
    while (made && folder != directory_ && folder.has_parent_path()) {
      folder = folder.parent_path();
      sync_folder(folder);
    }
    return;
  }
}

std::vector<StoredFile> Store::files(const std::string& table) const {
  std::vector<StoredFile> found;
  for (const fs::path& file : files_below(directory_ / table)) {
    auto entry = stored(directory_ / table, file);
    const auto size = stat_of(file);
    if (!entry || !size) continue;
    entry->bytes = static_cast<std::uintmax_t>(size->st_size);
    found.push_back(std::move(*entry));
  }
  std::sort(found.begin(), found.end(), [](const StoredFile& a, const StoredFile& b) {
    return std::tie(a.date, a.path) < std::tie(b.date, b.path);
  });
  return found;
}

std::vector<Garbage> Store::garbage(const GarbageLimits& limits) const {
  // Not time(2): its second can be behind the one that a file was just written in.
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  const auto stale = [&](const struct stat& file) {
    return now - std::chrono::nanoseconds(written_ns(file)) >= limits.unfinished_for;
  };
  std::vector<Garbage> runs;
  std::vector<Garbage> rest;
  std::set<fs::path> kept;
  // A run's own row goes first: what a kill leaves then is without a run, and not half a run.
  for (const char* table : {"runs", "layers", "samples"}) {
    const fs::path root = directory_ / table;
    const bool is_runs = std::strcmp(table, "runs") == 0;
    for (const fs::path& file : files_below(root)) {
      const auto found = stat_of(file);
      if (!found) continue;
      if (is_unfinished(file)) {
        if (stale(*found)) rest.push_back(garbage_of(file, *found, "was never finished"));
        continue;
      }
      const auto entry = stored(root, file);
      if (!entry) continue;
      if (entry->date < limits.runs_before) {
        (is_runs ? runs : rest)
            .push_back(garbage_of(file, *found, "older than " + limits.runs_before));
      } else if (is_runs) {
        kept.insert(file.lexically_relative(root));
      } else if (kept.count(file.lexically_relative(root)) == 0 && stale(*found)) {
        rest.push_back(garbage_of(file, *found, "its run was never finished"));
      }
    }
  }
  for (const auto& entry : fs::directory_iterator(directory_)) {
    const auto found = stat_of(entry.path());
    if (found && S_ISREG(found->st_mode) && is_unfinished(entry.path()) && stale(*found)) {
      rest.push_back(garbage_of(entry.path(), *found, "was never finished"));
    }
  }
  runs.insert(runs.end(), rest.begin(), rest.end());
  return runs;
}

std::size_t Store::remove(const std::vector<Garbage>& garbage) const {
  std::size_t removed = 0;
  for (const Garbage& item : garbage) {
    // Whoever adds a run again writes all of its files again.
    const auto now = stat_of(item.path);
    if (now && written_ns(*now) != item.written_ns) continue;
    if (::unlink(item.path.c_str()) != 0) continue;
    ++removed;
    // rmdir(2) leaves a folder that is not empty.
    fs::path folder = item.path.parent_path();
    while (folder != directory_ && ::rmdir(folder.c_str()) == 0) folder = folder.parent_path();
  }
  return removed;
}

}  // namespace layerwatt::archive
