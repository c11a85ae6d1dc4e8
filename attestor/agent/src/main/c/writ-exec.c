// SPDX-License-Identifier: Apache-2.0
//
// writ-exec: the part of `writ run` that a JVM cannot be. It starts the JVM that decides, holds the
// program's file open while that one hashes, asks and verifies, starts the child from that very
// descriptor, passes it terminal and signals, and lets nothing outlive it.
//
//   writ-exec JVM ARGUMENT...      the command of the JVM; its exit status becomes this one's, and 125 where it
//                                  came to nothing
//
// It decides nothing: what runs, with which arguments and environment, the JVM says, over two pipes whose
// numbers are in WRIT_EXEC_PIPES ("READ,WRITE"). A message is one letter, then 32-bit integers in the
// machine's order and byte strings, each after its length:
//
//   H path                          hold: open a regular file; answer h fd, or e errno
//   S fd                            seal: copy what is held into a sealed memfd; answer h fd, or e errno
//   L ask kill                      lease: the child is asked to end in ask milliseconds (SIGTERM), and killed in kill,
//                                   both counted while the machine sleeps too; a later one takes its place, once
//                                   the child was asked only one that ends earlier. No child is started past it
//   X fd keep argc arg... envc env...
//                                   start fd with these, leaving descriptor keep (or -1) open to it;
//                                   answer s pid, or e errno; and when it has ended d status, as wait(2)
//
// What is held can be read by the JVM as /proc/PID/fd/FD, PID being its parent: the bytes that it hashes
// are those of the file that is started, whatever happens to the path meanwhile.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { FAILED = 125, MAX_BYTES = 1 << 20, MAX_STRINGS = 4096, MAX_SEALED = 1 << 28, LAST_MS = 250 };

extern char **environ;
static pid_t jvm, child;
static int commands, answers;
// The controlling terminal, or -1; whether standard input and output are both it; whether the JVM has commanded
// anything; whether a child was started.
static int terminal = -1, interactive, commanded, started;

// A lease: when the child is asked to end, when it is killed, in milliseconds of CLOCK_BOOTTIME; whether there is one,
// and whether the child was asked. The kernel kills this process a moment after the second, were it stopped then: with
// it the child.
static int64_t ask_at, kill_at;
static int lease = -1, leased, asked;
static timer_t last;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// An absolute time; one that is past already comes at once.
static struct itimerspec at_ms(int64_t ms) {
  struct itimerspec at = {{0, 0}, {ms / 1000, ms % 1000 * 1000000}};
  return at;
}

// The terminal's foreground goes from one of our two process groups to the other, where it is there: SIGTTOU is
// blocked in this process, and what is a shell's stays the shell's.
static void pass_terminal(pid_t from, pid_t to) {
  if (tcgetpgrp(terminal) == from) tcsetpgrp(terminal, to);
}

static void end_child(void) {
  if (child <= 0) return;
  kill(-child, SIGKILL);
  pass_terminal(child, getpgrp());
}

static void die(const char *what) {
  fprintf(stderr, "writ-exec: %s: %s\n", what, strerror(errno));
  end_child();
  if (jvm > 0) kill(jvm, SIGKILL);
  _exit(FAILED);
}

// Where nothing runs there is nothing to end.
static void unarm(void) {
  struct itimerspec never = {{0, 0}, {0, 0}};
  if (!leased) return;
  timerfd_settime(lease, 0, &never, NULL);
  timer_settime(last, 0, &never, NULL);
}

static void arm(void) {
  struct itimerspec next = at_ms(asked ? kill_at : ask_at), end = at_ms(kill_at + LAST_MS);
  if (timerfd_settime(lease, TFD_TIMER_ABSTIME, &next, NULL) < 0 || timer_settime(last, TIMER_ABSTIME, &end, NULL) < 0)
    die("lease");
}

// A child that is stopped takes SIGTERM when it goes on.
static void ended(void) {
  uint64_t times;
  if (read(lease, &times, sizeof times) < 0 && errno != EAGAIN) die("lease");
  if (!child) return;
  if (now_ms() >= kill_at) {
    kill(-child, SIGKILL);
    return;
  }
  if (!asked && now_ms() >= ask_at) {
    asked = 1;
    kill(-child, SIGTERM);
    kill(-child, SIGCONT);
  }
  arm();
}

static void answer(char kind, int32_t value) {
  char message[1 + sizeof value];
  message[0] = kind;
  memcpy(message + 1, &value, sizeof value);
  // A JVM that is gone reads nothing; its end is seen by wait().
  if (write(answers, message, sizeof message) < 0 && errno != EPIPE) die("answer");
}

static void receive(void *into, size_t length) {
  for (size_t got = 0; got < length;) {
    ssize_t n = read(commands, (char *)into + got, length - got);
    if (n > 0) {
      got += (size_t)n;
    } else if (n == 0 || errno != EINTR) {
      if (n == 0) errno = EPROTO;
      die("a command must be whole");
    }
  }
}

static int32_t number(void) {
  int32_t value;
  receive(&value, sizeof value);
  return value;
}

// A byte string; ends with the zero that ends a C string, and has none before.
static char *text(void) {
  static size_t sum;
  int32_t length = number();
  errno = EPROTO;
  if (length < 0 || length > MAX_BYTES || (sum += (size_t)length) > MAX_BYTES) die("a command must be bounded");
  char *value = malloc((size_t)length + 1);
  if (!value) die("memory");
  receive(value, (size_t)length);
  value[length] = 0;
  errno = EPROTO;
  if (strlen(value) != (size_t)length) die("a byte string must have no zero");
  return value;
}

static char **texts(void) {
  int32_t count = number();
  errno = EPROTO;
  if (count < 0 || count > MAX_STRINGS) die("a command must be bounded");
  char **list = calloc((size_t)count + 1, sizeof *list);
  if (!list) die("memory");
  for (int32_t i = 0; i < count; i++) list[i] = text();
  return list;
}

// Without blocking on what is no regular file, nor taking a terminal that is none of ours.
static int hold(const char *path) {
  struct stat found = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return -errno;
  if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) return fd;
  close(fd);
  return S_ISDIR(found.st_mode) ? -EISDIR : -EACCES;
}

// A copy that nobody can change, and that is as executable as what it is a copy of.
static int seal(int fd) {
  struct stat found;
  if (fstat(fd, &found) < 0) return -errno;
  if (found.st_size > MAX_SEALED) return -EFBIG;
  int copy = memfd_create("writ", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  // Linux before 6.3 has no such flag, and needs none.
  if (copy < 0 && errno == EINVAL) copy = memfd_create("writ", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0) return -errno;
  off_t from = 0;
  for (ssize_t n = 1; n > 0 && from < found.st_size;) n = sendfile(copy, fd, &from, (size_t)(found.st_size - from));
  if (from != found.st_size || fchmod(copy, found.st_mode & 0777) < 0 ||
      fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
    int why = from == found.st_size ? errno : EAGAIN;
    close(copy);
    return -why;
  }
  return copy;
}

static void held(int fd) {
  if (fd < 0) {
    answer('e', -fd);
  } else {
    answer('h', fd);
  }
}

// What the caller ignores, under nohup say, is ignored on; what we blocked is not.
static void restore_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void hold_lease(void) {
  int64_t now = now_ms(), ask = now + number(), end = now + number();
  errno = EPROTO;
  if (end < ask || ask < now) die("a lease must end after it is asked for, and then");
  if (!leased) {
    struct sigevent killed = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    lease = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (lease < 0 || timer_create(CLOCK_BOOTTIME, &killed, &last) < 0) die("lease");
    leased = 1;
  } else if (asked && end > kill_at) {
    return;
  }
  ask_at = ask;
  kill_at = end;
  // After a child's end there is nothing to end. What is over counts at once, whatever comes next.
  if (child || !started) arm();
  if (ask_at <= now_ms()) ended();
}

static void start(void) {
  int32_t fd = number(), keep = number();
  char **argv = texts(), **envp = texts();
  int failure[2];
  if (child || !argv[0] || pipe2(failure, O_CLOEXEC) < 0) die("start");
  if (leased && now_ms() >= ask_at) {
    close(failure[0]);
    close(failure[1]);
    answer('e', ETIME);
    return;
  }
  pid_t parent = getpid(), group = getpgrp();
  child = fork();
  if (child < 0) {
    int why = errno;
    child = 0;
    close(failure[0]);
    close(failure[1]);
    answer('e', why);
    return;
  }
  if (child == 0) {
    setpgid(0, 0);
    if (interactive) pass_terminal(group, getpid());
    // Set-uid bits count nothing, so that no program leaves the reach of the signal below.
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(FAILED);
    if (keep >= 0) fcntl(keep, F_SETFD, 0);
    restore_signals();
    fexecve(fd, argv, envp);
    int32_t why = errno;
    if (write(failure[1], &why, sizeof why) < 0) _exit(FAILED);
    _exit(FAILED);
  }
  setpgid(child, child);
  close(failure[1]);
  int32_t why = 0;
  ssize_t n;
  while ((n = read(failure[0], &why, sizeof why)) < 0 && errno == EINTR) continue;
  close(failure[0]);
  if (n > 0) {
    pass_terminal(child, group);
    waitpid(child, NULL, 0);
    child = 0;
    answer('e', why);
  } else {
    started = 1;
    answer('s', child);
  }
}

// 0 once the JVM has closed its end.
static int obey(void) {
  char command;
  ssize_t n = read(commands, &command, 1);
  if (n <= 0) return 0;
  commanded = 1;
  if (command == 'H') {
    held(hold(text()));
  } else if (command == 'S') {
    held(seal(number()));
  } else if (command == 'L') {
    hold_lease();
  } else if (command == 'X') {
    start();
  } else {
    errno = EPROTO;
    die("a command must be known");
  }
  return 1;
}

// A terminal's SIGTSTP counts only where somebody is there to continue us: in an orphaned group the kernel drops it.
static void suspend(int with) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  kill(getpid(), with);
  sigprocmask(SIG_UNBLOCK, &stop, NULL);
  sigprocmask(SIG_BLOCK, &stop, NULL);
}

// A child that stopped for the terminal gets it if it is ours; one that stopped for its user stops us too.
static void stopped(int with) {
  int wants = with == SIGTTIN || with == SIGTTOU;
  if (!wants || tcgetpgrp(terminal) != getpgrp()) {
    pass_terminal(child, getpgrp());
    suspend(with == SIGTSTP ? SIGTSTP : SIGSTOP);
  }
  if (wants || interactive) pass_terminal(getpgrp(), child);
  kill(-child, SIGCONT);
}

// Under a lease nothing of the child's group outlives it. The group's number is its own until it is waited for.
static void end_group(void) {
  siginfo_t gone = {0};
  if (leased && child && waitid(P_PID, (id_t)child, &gone, WEXITED | WNOHANG | WNOWAIT) == 0 && gone.si_pid == child)
    kill(-child, SIGKILL);
}

static void reap(void) {
  int status;
  end_group();
  for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
    if (ended == child && WIFSTOPPED(status)) {
      stopped(WSTOPSIG(status));
    } else if (ended == child) {
      pass_terminal(child, getpgrp());
      child = 0;
      unarm();
      answer('d', status);
    } else if (ended == jvm && !WIFSTOPPED(status)) {
      end_child();
      // A JVM that cannot come up says 1, which would be taken for the program's.
      int answered = WIFEXITED(status) && !child && (commanded || WEXITSTATUS(status) != 1);
      _exit(answered ? WEXITSTATUS(status) : FAILED);
    }
  }
}

// To the child, while there is one. Before the first nothing has been started, and nothing will be; after it the
// JVM has yet to tell how it ended, which takes it a bounded time.
static void pass(int signal_number) {
  if (child) {
    kill(-child, signal_number);
  } else if (signal_number == SIGTSTP) {
    suspend(SIGTSTP);
  } else if (!started && signal_number != SIGWINCH && signal_number != SIGCONT) {
    kill(jvm, SIGKILL);
    _exit(128 + signal_number);
  }
}

// The JVM gets what loads no code into it, and a locale in which arguments are bytes of UTF-8.
static char **jvm_environment(int commands_from, int answers_to) {
  static const char *const LEFT_OUT[] = {"LD_", "JAVA_TOOL_OPTIONS=", "JDK_JAVA_OPTIONS=", "_JAVA_OPTIONS=",
                                         "CLASSPATH=", "LC_", "GLIBC_TUNABLES=", "GCONV_PATH=",
                                         "OPENSSL_", "WRIT_EXEC_PIPES="};
  static char pipes[64];
  snprintf(pipes, sizeof pipes, "WRIT_EXEC_PIPES=%d,%d", answers_to, commands_from);
  size_t count = 0;
  while (environ[count]) count++;
  char **list = calloc(count + 3, sizeof *list);
  if (!list) die("memory");
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    int leave = 0;
    for (size_t j = 0; j < sizeof LEFT_OUT / sizeof *LEFT_OUT; j++)
      leave |= strncmp(environ[i], LEFT_OUT[j], strlen(LEFT_OUT[j])) == 0;
    if (!leave) list[kept++] = environ[i];
  }
  list[kept++] = "LC_ALL=C.UTF-8";
  list[kept] = pipes;
  return list;
}

int main(int argc, char **argv) {
  static const int PASSED[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGWINCH, SIGCONT};
  int to_jvm[2], from_jvm[2];
  if (argc < 2) {
    fprintf(stderr, "usage: writ-exec JVM ARGUMENT...\n");
    return FAILED;
  }
  // Else one of the three would be a pipe of ours, and be written to for another.
  int null = open("/dev/null", O_RDWR);
  while (null >= 0 && null <= STDERR_FILENO) null = dup(null);
  if (null < 0) die("/dev/null");
  close(null);
  terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  // In a pipeline the terminal is another's as well: there the child gets it when it reads from it.
  interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  sigset_t watched;
  sigemptyset(&watched);
  for (size_t i = 0; i < sizeof PASSED / sizeof *PASSED; i++) {
    struct sigaction caller;
    if (sigaction(PASSED[i], NULL, &caller) == 0 && caller.sa_handler != SIG_IGN) sigaddset(&watched, PASSED[i]);
  }
  // Ignored, it would leave nothing to wait for.
  signal(SIGCHLD, SIG_DFL);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTTOU);
  sigaddset(&watched, SIGPIPE);
  // Before the JVM is there, so that no signal falls between.
  if (sigprocmask(SIG_BLOCK, &watched, NULL) < 0 || pipe2(to_jvm, O_CLOEXEC) < 0 || pipe2(from_jvm, O_CLOEXEC) < 0)
    die("pipe");
  jvm = fork();
  if (jvm < 0) die("fork");
  if (jvm == 0) {
    // Out of the terminal's reach: a keyboard's signal is the child's.
    setpgid(0, 0);
    restore_signals();
    signal(SIGTTOU, SIG_IGN);
    fcntl(to_jvm[0], F_SETFD, 0);
    fcntl(from_jvm[1], F_SETFD, 0);
    execve(argv[1], argv + 1, jvm_environment(from_jvm[1], to_jvm[0]));
    fprintf(stderr, "writ-exec: %s must be a JVM: %s\n", argv[1], strerror(errno));
    _exit(FAILED);
  }
  close(to_jvm[0]);
  close(from_jvm[1]);
  answers = to_jvm[1];
  commands = from_jvm[0];
  int signals = signalfd(-1, &watched, SFD_CLOEXEC);
  if (signals < 0) die("signalfd");
  struct pollfd ready[] = {{signals, POLLIN, 0}, {commands, POLLIN, 0}, {-1, POLLIN, 0}};
  for (;;) {
    ready[2].fd = lease;
    if (poll(ready, 3, -1) < 0) {
      if (errno == EINTR) continue;
      die("poll");
    }
    struct signalfd_siginfo arrived;
    if (ready[0].revents && read(signals, &arrived, sizeof arrived) == sizeof arrived) {
      if (arrived.ssi_signo == SIGCHLD) {
        reap();
      } else if (arrived.ssi_signo != SIGTTOU && arrived.ssi_signo != SIGPIPE) {
        pass((int)arrived.ssi_signo);
      }
    }
    if (ready[2].revents) ended();
    // A JVM that closed its end is about to exit, which is told by a signal.
    if (ready[1].revents && !obey()) ready[1].fd = -1;
  }
}
