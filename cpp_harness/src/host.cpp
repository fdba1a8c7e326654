// A resident process that loads LibTorch (it is plain C++ itself) and forks servers, which fork one child for each
// program, each in a session of its own with limits, a working directory of its own and no way to the control pipes. The
// Python side has the same protocol: one request a line, fields separated by 0x1f; replies are "started PID" and
// "done STATUS" (negative: a signal).
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
#include <vector>

namespace {

enum Field { kTrace, kNonce, kSeed, kDirectory, kOutput, kErrors, kSeconds, kMemory, kFileSize, kProcesses, kLibrary, kSymbol, kDetail, kVariant, kCount };

// Exit statuses of a child that could not start its program.
constexpr int kCannotPrepare = 120;
constexpr int kCannotLoad = 121;
// In the place of a symbol: the library is loaded, and nothing is run.
constexpr const char* kOnlyLoad = "-";

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
  if (library != nullptr && std::strcmp(fields[kSymbol], kOnlyLoad) == 0) _exit(0);
  void* symbol = library == nullptr ? nullptr : dlsym(library, fields[kSymbol]);
  // Its own, or that of all programs, which the library does not depend on when it is linked loosely.
  void* run = library == nullptr ? nullptr : dlsym(library, "py2cpp_run_traced");
  if (library != nullptr && run == nullptr) run = dlsym(RTLD_DEFAULT, "py2cpp_run_traced");
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

// What a family of servers is connected by: pipes of requests and of replies.
struct Pipes {
  int requests;
  int replies;
};

// "REQUESTS:REPLIES,..." as numbers; none when it is not that.
std::vector<Pipes> pipes_of(const char* text) {
  std::vector<Pipes> found;
  Pipes pipes{};
  int used = 0;
  while (std::sscanf(text, "%d:%d%n", &pipes.requests, &pipes.replies, &used) == 2) {
    found.push_back(pipes);
    if (text[used] == '\0') return found;
    text += used + 1;
  }
  return {};
}

void close_all_but(const std::vector<Pipes>& all, const Pipes* kept) {
  for (const Pipes& pipes : all) {
    if (&pipes == kept) continue;
    close(pipes.requests);
    close(pipes.replies);
  }
}

// Forks; the child, which does not outlive its parent, goes on with some of the pipes.
bool is_child(const std::vector<Pipes>& all, const Pipes* kept) {
  if (fork() != 0) return false;
  isolation::die_with_parent();
  close_all_but(all, kept);
  return true;
}

}  // namespace

// The arguments are a library, which it loads, with all that it needs, before any program comes, and the servers' pipes.
int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::vector<Pipes> all = pipes_of(arguments[2]);
  const bool namespaces = isolation::enter_namespaces();
  const bool landlock = isolation::landlock_version() > 0;
  if (dup2(2, 1) < 0) return 1;
  if (dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  char layers[64];
  std::snprintf(layers, sizeof layers, "limits%s%s", namespaces ? ",namespaces" : "", landlock ? ",landlock" : "");
  for (const Pipes& pipes : all) {
    if (!is_child(all, &pipes)) continue;
    isolation::adopt_orphans();
    if (!redirect("/dev/null", O_RDONLY, 0)) _exit(1);
    reply(pipes.replies, "ready", layers);
    _exit(serve(pipes.requests, pipes.replies));
  }
  if (is_child(all, nullptr)) {
    char byte = 0;
    while (read(0, &byte, 1) > 0) {  // until who started us ends
    }
    _exit(0);
  }
  close_all_but(all, nullptr);
  wait(nullptr);  // a server that ends takes the others along
  kill(0, SIGKILL);
  return 0;
}
