#include "archive/add.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "archive/format.hpp"
#include "archive/names.hpp"
#include "archive/schema.hpp"
#include "archive/store.hpp"
#include "core/sha256.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

// What a file is put into: a folder, or an object store whose objects appear whole by themselves.
struct Place {
  std::string salt;
  std::function<bool(const std::string&)> has;
  std::function<void(const std::string&, const std::string&)> put;
};

bool is_remote(const std::string& archive) { return archive.find("://") != std::string::npos; }

Place open_place(const Host& host, const Format& format, const std::string& archive) {
  Place place;
  if (is_remote(archive)) {
    // No file there can be made by exactly one of many writers, so that all must know the salt.
    place.salt = sha256_hex("layerwatt archive " + archive);
    place.has = [&format, archive](const std::string& name) { return format.has(archive, name); };
    place.put = [&format, archive](const std::string& name, const std::string& bytes) {
      format.put(archive, name, bytes);
    };
  } else {
    const auto store = Store::open_or_create(archive);
    place.salt = store.salt();
    place.has = [store](const std::string& name) { return store.has(name); };
    place.put = [store](const std::string& name, const std::string& bytes) {
      store.put(name, bytes);
    };
  }
  // A secret that is not in the archive, for who can guess serial numbers.
  if (const auto secret = host.sys.env("LAYERWATT_ARCHIVE_SALT")) place.salt += *secret;
  return place;
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void check_archive(const Host& host, const AddOptions& options) {
  const Format& format = open_format(host);
  if (is_remote(options.archive)) return;
  open_place(host, format, options.archive);
  // An archive that is there already was only read until now.
  if (::access(options.archive.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::io, std::string("cannot be written: ") + std::strerror(errno),
                options.archive, "the archive must be a folder that you may write to");
  }
}

Added add_run(const Host& host, const AddOptions& options, const RunToAdd& run) {
  const Format& format = open_format(host);
  const Place place = open_place(host, format, options.archive);
  RunFacts facts;
  facts.run_id = run_identity(run.json, run.recorded_us);
  facts.recorded_us = run.recorded_us;
  facts.time_source = run.time_source;
  facts.archived_us = now_us();
  facts.model = options.model.value_or(model_name(run.result));
  facts.device = device_name(run.result);
  facts.commit = options.commit;
  if (options.board) {
    facts.board = options.board_names ? *options.board : hashed_board(place.salt, *options.board);
  }
  const std::string name = "/" + partition(facts.recorded_us, facts.device, facts.model) + "/" +
                           facts.run_id + ".parquet";
  Added added{facts.run_id, "runs" + name, place.has("runs" + name)};
  if (added.known) return added;
  // The run's own row last: with it the run is there, and a kill before leaves none.
  if (run.samples != nullptr) {
    place.put("samples" + name, format.encode(samples_table(facts, *run.samples)));
  }
  place.put("layers" + name, format.encode(layers_table(facts, run.result)));
  place.put("runs" + name, format.encode(runs_table(facts, run.result)));
  return added;
}

}  // namespace layerwatt::archive
