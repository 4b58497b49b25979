#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace ssl_scene {

/**
 * Numbers too small for full precision count as 0 while this lives, as in TensorFlow's own threads: which thread takes a task must
 * not show, and such numbers take a hundred times as long.
 */
class FlushDenormals {
#if defined(__SSE__)
 public:
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  const unsigned before_;
#endif
};

/**
 * Threads that share out numbered tasks, one for each processor this process may use but the calling one. TensorFlow's C
 * interface for kernels lends none of its own. They never end: at exit nobody waits for them.
 */
class ThreadTeam {
 public:
  static ThreadTeam& Get() {
    static ThreadTeam* team = new ThreadTeam(std::max(1u, std::thread::hardware_concurrency()) - 1);
    return *team;
  }

  /** Runs task(0) … task(count - 1), in any order and by any thread; alone where another caller has the team. */
  void Run(int64_t count, const std::function<void(int64_t)>& task) {
    const FlushDenormals flush;
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (count == 1 || helpers_.empty() || !turn.owns_lock()) {
      for (int64_t index = 0; index < count; index++) task(index);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      task_ = &task;
      count_ = count;
      next_ = 0;
      active_ = helpers_.size();
      round_++;
    }
    wake_.notify_all();
    Work(task, count);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return active_ == 0; });
  }

 private:
  explicit ThreadTeam(unsigned helpers) {
    for (unsigned index = 0; index < helpers; index++) helpers_.emplace_back([this] { Help(); });
    for (auto& helper : helpers_) helper.detach();
  }

  void Work(const std::function<void(int64_t)>& task, int64_t count) {
    for (int64_t index; (index = next_.fetch_add(1)) < count;) task(index);
  }

  void Help() {
    const FlushDenormals flush;
    uint64_t seen = 0;
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      const auto* task = task_;
      const int64_t count = count_;
      lock.unlock();
      Work(*task, count);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> helpers_;
  /** Held while the team works for a caller. */
  std::mutex turn_;
  /** Guards what follows. */
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int64_t)>* task_ = nullptr;
  int64_t count_ = 0;
  size_t active_ = 0;
  uint64_t round_ = 0;
  std::atomic<int64_t> next_{0};
};

}  // namespace ssl_scene
