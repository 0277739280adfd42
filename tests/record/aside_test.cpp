#include "record/aside.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

namespace layerwatt {
namespace {

std::vector<LayerPrecision> wait_for(AsideEstimate& aside) {
  while (true) {
    if (const auto done = aside.take()) return *done;
    std::this_thread::yield();
  }
}

TEST(Aside, GivesItsResultOnce) {
  AsideEstimate aside;
  EXPECT_FALSE(aside.running());
  EXPECT_FALSE(aside.take());
  std::promise<void> gate;
  auto open = gate.get_future().share();
  aside.start([open] {
    open.wait();
    return std::vector<LayerPrecision>{{0.5, 4.0}};
  });
  EXPECT_TRUE(aside.running());
  EXPECT_FALSE(aside.take()) << "not there yet, and nobody waits for it";
  gate.set_value();
  const auto layers = wait_for(aside);
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_EQ(layers[0].ci_pct, 4.0);
  EXPECT_FALSE(aside.running());
  EXPECT_FALSE(aside.take());
}

TEST(Aside, TakesOnlyWhatNobodyElseWants) {
  AsideEstimate aside;
  std::atomic<int> policy{-1};
  std::atomic<int> inherited{-1};
  aside.start([&] {
    policy = sched_getscheduler(0);
    std::thread([&] { inherited = sched_getscheduler(0); }).join();
    return std::vector<LayerPrecision>();
  });
  wait_for(aside);
  EXPECT_EQ(policy, SCHED_IDLE);
  EXPECT_EQ(inherited, SCHED_IDLE) << "the attribution works in threads of its own";
  EXPECT_NE(sched_getscheduler(0), SCHED_IDLE);
}

// On a busy machine it would be waited for as long as others are busy.
TEST(Aside, IsNoLongerTheLastOneOnceItIsWaitedFor) {
  std::atomic<bool> raised{false};
  {
    AsideEstimate aside;
    std::promise<void> begun;
    aside.start([&] {
      begun.set_value();
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (!raised && std::chrono::steady_clock::now() < deadline) {
        raised = sched_getscheduler(0) != SCHED_IDLE;
        std::this_thread::yield();
      }
      return std::vector<LayerPrecision>();
    });
    begun.get_future().wait();
    EXPECT_FALSE(raised);
  }
  EXPECT_TRUE(raised);
}

TEST(Aside, WhatTheWorkThrowsIsThrownWhereItIsTaken) {
  AsideEstimate aside;
  aside.start([]() -> std::vector<LayerPrecision> { throw std::runtime_error("no"); });
  EXPECT_THROW(wait_for(aside), std::runtime_error);
  EXPECT_FALSE(aside.running());
}

TEST(Aside, ItsEndIsWaitedFor) {
  std::atomic<bool> ended{false};
  {
    AsideEstimate aside;
    aside.start([&] {
      std::this_thread::yield();
      ended = true;
      return std::vector<LayerPrecision>();
    });
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace layerwatt
