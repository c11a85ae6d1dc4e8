// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the kernel counts of a process (proc(5)).
 *
 * @param cpu time on a processor, of all its threads that ever were
 * @param threads the same of the threads that still are, by their name without its number
 * @param residentKib memory that is in RAM
 */
public record ProcessFigures(Duration cpu, Map<String, Duration> threads, long residentKib) {
  /** USER_HZ, which is 100 on every Linux that a JVM runs on. */
  private static final long NANOS_PER_TICK = 10_000_000;

  /** Fields utime and stime, counted behind the name's closing parenthesis. */
  private static final int UTIME = 11;

  /** Fields cutime and cstime: of children that were waited for, and of theirs. */
  private static final int CUTIME = 13;

  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /** Of the process {@code pid}, now. */
  public static ProcessFigures of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Map<String, Duration> threads = new TreeMap<>();
    List<Path> tasks;
    try (Stream<Path> listed = Files.list(process.resolve("task"))) {
      tasks = listed.toList();
    }
    for (Path task : tasks) {
      try {
        threads.merge(
            group(Files.readString(task.resolve("comm")).strip()), cpuOf(task), Duration::plus);
      } catch (NoSuchFileException e) {
        // It has ended meanwhile.
      }
    }
    Matcher resident = RESIDENT.matcher(Files.readString(process.resolve("status")));
    if (!resident.find()) {
      throw new IOException(process + " has no memory: it has ended");
    }
    return new ProcessFigures(cpuOf(process), threads, Long.parseLong(resident.group(1)));
  }

  /** Time on a processor of this process's children that have ended, and of theirs. */
  public static Duration cpuOfEndedChildren() throws IOException {
    return cpuOf(Path.of("/proc/self"), CUTIME);
  }

  private static Duration cpuOf(Path task) throws IOException {
    return cpuOf(task, UTIME);
  }

  private static Duration cpuOf(Path task, int first) throws IOException {
    String stat = Files.readString(task.resolve("stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Duration.ofNanos(
        (Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1])) * NANOS_PER_TICK);
  }

  /** The JVM's compilers as {@code jit}, its garbage collector as {@code gc}. */
  private static String group(String comm) {
    if (comm.startsWith("C1 ") || comm.startsWith("C2 ")) {
      return "jit";
    }
    if (comm.equals("VM Thread")) {
      return "gc";
    }
    return comm.toLowerCase(Locale.ROOT)
        .replaceAll("[0-9]+$", "")
        .replaceAll("[^a-z0-9]+", "-")
        .replaceAll("^-|-$", "");
  }

  /** What was used since {@code earlier}. */
  public ProcessFigures since(ProcessFigures earlier) {
    Map<String, Duration> used = new TreeMap<>();
    threads.forEach(
        (name, now) ->
            used.put(name, now.minus(earlier.threads.getOrDefault(name, Duration.ZERO))));
    return new ProcessFigures(cpu.minus(earlier.cpu), used, residentKib);
  }
}
