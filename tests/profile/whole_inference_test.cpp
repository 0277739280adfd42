#include "profile/whole_inference.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

// Says when it ran, and in which thread.
class Told final : public Engine {
 public:
  Told(std::vector<Inference> inferences, std::vector<std::thread::id>& threads)
      : inferences_(std::move(inferences)), threads_(threads) {}
  ~Told() override { threads_.push_back(std::this_thread::get_id()); }
  void load() override { threads_.push_back(std::this_thread::get_id()); }
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return R"({"name":"told"})"; }
  std::string device_json() const override { return "{}"; }
  void infer(Inference& out) override {
    threads_.push_back(std::this_thread::get_id());
    if (next_ >= inferences_.size()) throw Error(ErrorKind::engine, "no more");
    out = inferences_[next_++];
  }
  std::vector<Warning> warnings() const override { return {{"told", "so", ""}}; }

 private:
  std::vector<Inference> inferences_;
  std::vector<std::thread::id>& threads_;
  std::vector<LayerInfo> layers_;
  std::size_t next_ = 0;
};

TEST(WholeInference, OfOneEngineIsItsLatency) {
  std::vector<std::thread::id> threads;
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(
      std::make_unique<Told>(std::vector<Inference>{{1'000'000, 3'500'000, {1.0}}}, threads));
  {
    WholeInference whole(std::move(engines));
    whole.load();
    EXPECT_EQ(whole.layers().size(), 1u);
    EXPECT_EQ(whole.engine_json(), R"({"name":"told"})");
    Inference out;
    whole.infer(out);
    EXPECT_EQ(out.start_ns, 1'000'000);
    EXPECT_EQ(out.end_ns, 3'500'000);
    EXPECT_EQ(out.layer_ms, std::vector<double>{2.5});
    EXPECT_THROW(whole.infer(out), Error);
  }
  for (const std::thread::id& id : threads) EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(WholeInference, SideBySideGoesFromTheFirstStartToTheLastEnd) {
  std::vector<std::thread::id> first_threads;
  std::vector<std::thread::id> second_threads;
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(std::make_unique<Told>(
      std::vector<Inference>{{100, 300, {}}, {450, 600, {}}, {1000, 1100, {}}}, first_threads));
  engines.push_back(std::make_unique<Told>(std::vector<Inference>{{120, 500, {}}, {510, 700, {}}},
                                           second_threads));
  {
    WholeInference whole(std::move(engines));
    whole.load();
    Inference out;
    whole.infer(out);
    EXPECT_EQ(out.start_ns, 100);
    EXPECT_EQ(out.end_ns, 500);
    whole.infer(out);
    EXPECT_EQ(out.start_ns, 500) << "inferences of a recording do not overlap";
    EXPECT_EQ(out.end_ns, 700);
    EXPECT_THROW(whole.infer(out), Error) << "the second engine has no more";
    EXPECT_EQ(whole.warnings().size(), 2u);
  }
  // Loaded, run and destroyed in a thread of its own.
  ASSERT_EQ(first_threads.size(), 5u);
  for (const std::thread::id& id : first_threads) {
    EXPECT_EQ(id, first_threads.front());
    EXPECT_NE(id, std::this_thread::get_id());
    EXPECT_NE(id, second_threads.front());
  }
}

}  // namespace
}  // namespace layerwatt
