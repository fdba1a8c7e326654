// What keeps programs from the machine beyond limits of their processes, where the system has it. Every function says
// whether its layer is in force; `py2cpp_autograd/verify/isolation.py` does the same for the Python side.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace isolation {

#ifdef __linux__

inline bool write_file(const char* path, const char* text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const auto size = static_cast<ssize_t>(std::strlen(text));
  const bool written = write(file, text, static_cast<size_t>(size)) == size;
  close(file);
  return written;
}

// A user namespace, in which this user is who he was but has no rights over the machine, and a network of its own
// without any interface. To be entered before there is a second thread; children are in it, too.
inline bool enter_namespaces() {
  const auto user = static_cast<unsigned>(geteuid());
  const auto group = static_cast<unsigned>(getegid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  char map[64];
  std::snprintf(map, sizeof map, "%u %u 1", user, user);
  write_file("/proc/self/uid_map", map);
  write_file("/proc/self/setgroups", "deny");
  std::snprintf(map, sizeof map, "%u %u 1", group, group);
  write_file("/proc/self/gid_map", map);
  return true;
}

// From linux/landlock.h, which older systems lack.
constexpr uint64_t kWrite = (1u << 1) | (0x1ffu << 4);  // of files; removing and making all kinds of entries
constexpr uint64_t kRefer = 1u << 13, kTruncate = 1u << 14;
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;

inline long landlock_version() { return syscall(kCreateRuleset, nullptr, size_t{0}, 1u); }

inline bool permit(int rules, const char* path, uint64_t access) {
  struct __attribute__((packed)) {
    uint64_t access;
    int32_t parent;
  } rule{access, open(path, O_PATH | O_CLOEXEC)};
  const bool added = rule.parent >= 0 && syscall(kAddRule, rules, 1, &rule, 0u) == 0;
  if (rule.parent >= 0) close(rule.parent);
  return added;
}

// From now on this process and its children write only below `folder` and to devices.
inline bool write_only_below(const char* folder) {
  const long version = landlock_version();
  if (version < 1) return false;
  uint64_t access = kWrite | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
  const auto rules = static_cast<int>(syscall(kCreateRuleset, &access, sizeof access, 0u));
  if (rules < 0) return false;
  const bool done = permit(rules, folder, access) && permit(rules, "/dev", access) &&
                    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(kRestrictSelf, rules, 0u) == 0;
  close(rules);
  return done;
}

// Whoever leaves the group of a child becomes a child of this process when its parent ends.
inline void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
inline void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

// Ends every child that is left; nothing that this process did not start is its child.
inline void kill_children() {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(getpid()));
  for (int round = 0; round < 100; ++round) {
    FILE* file = std::fopen(path, "re");
    if (file == nullptr) return;
    int child = 0;
    bool found = false;
    while (std::fscanf(file, "%d", &child) == 1) {
      found = true;
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    std::fclose(file);
    if (!found) return;
  }
}

#else

inline bool enter_namespaces() { return false; }
inline long landlock_version() { return 0; }
inline bool write_only_below(const char*) { return false; }
inline void adopt_orphans() {}
inline void die_with_parent() {}
inline void kill_children() {}

#endif

}  // namespace isolation
