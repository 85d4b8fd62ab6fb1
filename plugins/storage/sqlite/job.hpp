// Work for a thread of the store.
#pragma once

#include "plugins/storage/common/jobs.hpp"
#include "plugins/storage/sqlite/database.hpp"

namespace slipway::sqlite {

using store::QueueLimits;
using Job = store::Job<Database>;
using JobQueue = store::JobQueue<Job>;
using Jobs = JobQueue::Jobs;

template <class Work, class Done>
std::unique_ptr<Job> make_job(Work work, Done done, std::size_t bytes = 0) {
  return std::make_unique<store::TypedJob<Job, Database, Work, Done>>(std::move(work), std::move(done), bytes);
}

}  // namespace slipway::sqlite
