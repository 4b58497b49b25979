#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

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
 * Threads that share out numbered tasks, beside the calling one: as many as processors that this process may use, within reason.
 * TensorFlow's C interface for kernels lends none of its own. They never end: at exit nobody waits for them.
 */
class ThreadTeam {
 public:
  static ThreadTeam& Get() {
    static ThreadTeam* team = new ThreadTeam(std::clamp(std::thread::hardware_concurrency(), 1u, kMost) - 1);
    return *team;
  }

  /**
   * Runs task(0) … task(count - 1), in any order and by any thread; alone where another caller has the team. Helpers that have
   * not woken up when nothing is left are not waited for.
   */
  void Run(int64_t count, const std::function<void(int64_t)>& task) {
    const FlushDenormals flush;
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (count == 1 || helpers_ == 0 || !turn.owns_lock()) {
      for (int64_t index = 0; index < count; index++) task(index);
      return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    task_ = &task;
    count_ = count;
    next_ = 0;
    lock.unlock();
    wake_.notify_all();
    Work(task, count);
    lock.lock();
    task_ = nullptr;
    done_.wait(lock, [&] { return active_ == 0; });
  }

 private:
  /** More threads than this get nothing from memory that others leave. */
  static constexpr unsigned kMost = 32;

  explicit ThreadTeam(unsigned helpers) : helpers_(helpers) {
    for (unsigned index = 0; index < helpers; index++) std::thread([this] { Help(); }).detach();
  }

  void Work(const std::function<void(int64_t)>& task, int64_t count) {
    for (int64_t index; (index = next_.fetch_add(1)) < count;) task(index);
  }

  void Help() {
    const FlushDenormals flush;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      // Where all tasks are taken there is nothing to do before the next call.
      wake_.wait(lock, [&] { return task_ != nullptr && next_ < count_; });
      const auto* task = task_;
      const int64_t count = count_;
      active_++;
      lock.unlock();
      Work(*task, count);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  const unsigned helpers_;
  /** Held while the team works for a caller. */
  std::mutex turn_;
  /** Guards what follows. */
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  /** Null between calls. */
  const std::function<void(int64_t)>* task_ = nullptr;
  int64_t count_ = 0;
  /** Helpers at work. */
  size_t active_ = 0;
  std::atomic<int64_t> next_{0};
};

}  // namespace ssl_scene
