#include "parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace emo_aen {
namespace {

struct Job {
  const std::function<void(int64_t)>* part;
  int64_t count;
  std::atomic<int64_t> next{0};
  int64_t helping = 0;  // guarded by the pool's mutex
};

void work_on(Job& job) {
  for (int64_t index; (index = job.next.fetch_add(1)) < job.count;) (*job.part)(index);
}

// Threads that help whichever kernel has parts left. They live as long as the process.
class Pool {
 public:
  static Pool& instance() {
    static Pool* pool = new Pool();  // never destroyed: its threads outlive main()
    return *pool;
  }

  void run(Job& job) {
    if (helpers_ == 0 || job.count == 1) return work_on(job);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(&job);
    }
    wake_.notify_all();
    work_on(job);
    std::unique_lock<std::mutex> lock(mutex_);
    jobs_.remove(&job);
    done_.wait(lock, [&] { return job.helping == 0; });
  }

 private:
  Pool() : helpers_(threads() - 1) {
    for (int helper = 0; helper < helpers_; helper++) std::thread([this] { help(); }).detach();
  }

  static int threads() {
    const char* set = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int wanted = set == nullptr ? 0 : std::atoi(set);
    return wanted > 0 ? wanted : std::max(1u, std::thread::hardware_concurrency());
  }

  void help() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      Job* job = nullptr;
      wake_.wait(lock, [&] { return (job = unfinished()) != nullptr; });
      job->helping++;
      lock.unlock();
      work_on(*job);
      lock.lock();
      if (--job->helping == 0) done_.notify_all();
    }
  }

  Job* unfinished() {
    for (Job* job : jobs_)
      if (job->next.load() < job->count) return job;
    return nullptr;
  }

  const int helpers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::list<Job*> jobs_;
};

}  // namespace

void parallel(int64_t count, const std::function<void(int64_t)>& part) {
  if (count <= 0) return;
  Job job{&part, count};
  Pool::instance().run(job);
}

}  // namespace emo_aen
