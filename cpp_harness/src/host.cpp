// A resident process that has LibTorch loaded and forks one child for each program, each in a session of its own with
// limits, a working directory of its own and no way to the control pipes. The Python side has the same protocol:
// one request a line, fields separated by 0x1f; replies are "started PID" and "done STATUS" (negative: a signal).
#include "run.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

enum Field { kTrace, kNonce, kSeed, kDirectory, kOutput, kErrors, kSeconds, kMemory, kFileSize, kLibrary, kSymbol, kSteps, kCount };

// Exit statuses of a child that could not start its program.
constexpr int kCannotPrepare = 120;
constexpr int kCannotLoad = 121;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char character : line) {
    if (character == '\x1f') {
      fields.emplace_back();
    } else {
      fields.back() += character;
    }
  }
  return fields;
}

void limit(int resource, unsigned long long value) {
  rlimit bounds{};
  if (getrlimit(resource, &bounds) != 0) return;
  if (bounds.rlim_max == RLIM_INFINITY || value < bounds.rlim_max) bounds.rlim_max = value;
  bounds.rlim_cur = bounds.rlim_max;
  setrlimit(resource, &bounds);
}

bool redirect(const char* path, int flags, int descriptor) {
  const int opened = open(path, flags, 0600);
  if (opened < 0) return false;
  const bool done = dup2(opened, descriptor) == descriptor;
  if (opened != descriptor) close(opened);
  return done;
}

bool prepare(const std::vector<std::string>& fields) {
  setsid();
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  const unsigned long long seconds = std::stoull(fields[kSeconds]);
  alarm(static_cast<unsigned>(seconds) + 5);  // the last resort, should the parent be gone
  limit(RLIMIT_CPU, seconds);
  limit(RLIMIT_AS, std::stoull(fields[kMemory]));
  limit(RLIMIT_FSIZE, std::stoull(fields[kFileSize]));
  limit(RLIMIT_CORE, 0);
  const int create = O_WRONLY | O_CREAT | O_TRUNC;
  return redirect("/dev/null", O_RDONLY, 0) && redirect(fields[kOutput].c_str(), create, 1) &&
         redirect(fields[kErrors].c_str(), create, 2) && chdir(fields[kDirectory].c_str()) == 0;
}

[[noreturn]] void run_child(const std::vector<std::string>& fields, int in, int out) {
  close(in);
  close(out);
  if (!prepare(fields)) _exit(kCannotPrepare);
  if (fields[kSteps] == "1") setenv("PY2CPP_STEPS", "1", 1);
  void* library = dlopen(fields[kLibrary].c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, fields[kSymbol].c_str());
  if (symbol == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    _exit(kCannotLoad);
  }
  py2cpp_run_traced(reinterpret_cast<py2cpp_entry>(symbol), std::stoull(fields[kSeed]), fields[kTrace].c_str(),
                    fields[kNonce].c_str());
  std::fflush(nullptr);
  _exit(0);
}

void reply(int out, const char* word, int number) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s %d\n", word, number);
  if (write(out, text, static_cast<size_t>(size)) != size) std::exit(1);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child, SIGKILL);  // whatever it left behind in its group
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int serve(int in, int out) {
  FILE* requests = fdopen(in, "r");
  char* line = nullptr;
  size_t capacity = 0;
  ssize_t size = 0;
  while ((size = getline(&line, &capacity, requests)) > 0) {
    const auto fields = split(std::string(line, static_cast<size_t>(size - 1)));
    if (fields.size() != kCount) return 1;
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) run_child(fields, in, out);
    reply(out, "started", child);
    reply(out, "done", wait_for(child));
  }
  return 0;
}

}  // namespace

int main() {
  const int in = fcntl(0, F_DUPFD_CLOEXEC, 10);
  const int out = fcntl(1, F_DUPFD_CLOEXEC, 10);
  if (in < 0 || out < 0 || !redirect("/dev/null", O_RDONLY, 0) || dup2(2, 1) < 0) return 1;
  reply(out, "ready", static_cast<int>(getpid()));
  return serve(in, out);
}
