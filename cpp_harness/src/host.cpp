// A resident process that has LibTorch loaded (it is plain C++ itself) and forks one child for each program, each in a
// session of its own with limits, a working directory of its own and no way to the control pipes. The Python side has
// the same protocol: one request a line, fields separated by 0x1f; replies are "started PID" and "done STATUS"
// (negative: a signal).
#include "isolation.h"
#include "run.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum Field { kTrace, kNonce, kSeed, kDirectory, kOutput, kErrors, kSeconds, kMemory, kFileSize, kProcesses, kLibrary, kSymbol, kDetail, kVariant, kCount };

// Exit statuses of a child that could not start its program.
constexpr int kCannotPrepare = 120;
constexpr int kCannotLoad = 121;

// The fields of a request, whose separators become ends of texts; false when it has not as many as there should be.
bool split(char* line, char* fields[kCount]) {
  int count = 0;
  for (char* field = strtok_r(line, "\x1f\n", &line); field != nullptr; field = strtok_r(nullptr, "\x1f\n", &line)) {
    if (count == kCount) return false;
    fields[count++] = field;
  }
  return count == kCount;
}

unsigned long long number(const char* text) { return std::strtoull(text, nullptr, 10); }

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

bool prepare(char* const fields[kCount]) {
  setsid();
  isolation::die_with_parent();
  const unsigned long long seconds = number(fields[kSeconds]);
  alarm(static_cast<unsigned>(seconds) + 5);  // the last resort, should the parent be gone
  limit(RLIMIT_CPU, seconds);
  limit(RLIMIT_AS, number(fields[kMemory]));
  limit(RLIMIT_FSIZE, number(fields[kFileSize]));
  limit(RLIMIT_NPROC, number(fields[kProcesses]));
  limit(RLIMIT_NOFILE, 1024);
  limit(RLIMIT_CORE, 0);
  const int create = O_WRONLY | O_CREAT | O_TRUNC;
  return redirect("/dev/null", O_RDONLY, 0) && redirect(fields[kOutput], create, 1) &&
         redirect(fields[kErrors], create, 2) && chdir(fields[kDirectory]) == 0;
}

[[noreturn]] void run_child(char* const fields[kCount], int in, int out) {
  close(in);
  close(out);
  if (!prepare(fields)) _exit(kCannotPrepare);
  isolation::write_only_below(fields[kDirectory]);
  setenv("TMPDIR", fields[kDirectory], 1);
  setenv("PY2CPP_VARIANT", fields[kVariant], 1);
  setenv("PY2CPP_DETAIL", fields[kDetail], 1);
  void* library = dlopen(fields[kLibrary], RTLD_NOW | RTLD_LOCAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, fields[kSymbol]);
  void* run = library == nullptr ? nullptr : dlsym(library, "py2cpp_run_traced");  // its own, or that of all programs
  if (symbol == nullptr || run == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    _exit(kCannotLoad);
  }
  reinterpret_cast<decltype(&py2cpp_run_traced)>(run)(reinterpret_cast<py2cpp_entry>(symbol), number(fields[kSeed]),
                                                      fields[kTrace], fields[kNonce]);
  std::fflush(nullptr);
  _exit(0);
}

void reply(int out, const char* word, const char* detail) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s %s\n", word, detail);
  if (write(out, text, static_cast<size_t>(size)) != size) std::exit(1);
}

void reply(int out, const char* word, int number) {
  char text[16];
  std::snprintf(text, sizeof text, "%d", number);
  reply(out, word, text);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child, SIGKILL);  // whatever it left behind in its group
  isolation::kill_children();  // and what had left the group
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int serve(int in, int out) {
  FILE* requests = fdopen(in, "r");
  char* line = nullptr;
  size_t capacity = 0;
  while (getline(&line, &capacity, requests) > 0) {
    char* fields[kCount];
    if (!split(line, fields)) return 1;
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) run_child(fields, in, out);
    reply(out, "started", child);
    reply(out, "done", wait_for(child));
  }
  return 0;
}

}  // namespace

// The arguments are libraries, which it loads, with all that they need, before any program comes.
int main(int count, char** libraries) {
  const int in = fcntl(0, F_DUPFD_CLOEXEC, 10);
  const int out = fcntl(1, F_DUPFD_CLOEXEC, 10);
  isolation::adopt_orphans();
  const bool namespaces = isolation::enter_namespaces();
  const bool landlock = isolation::landlock_version() > 0;
  if (in < 0 || out < 0 || !redirect("/dev/null", O_RDONLY, 0) || dup2(2, 1) < 0) return 1;
  for (int i = 1; i < count; ++i) {
    if (dlopen(libraries[i], RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
  }
  char layers[64];
  std::snprintf(layers, sizeof layers, "limits%s%s", namespaces ? ",namespaces" : "", landlock ? ",landlock" : "");
  reply(out, "ready", layers);
  return serve(in, out);
}
