// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of a JVM's heap is in use; the JDK's own tool says so. */
final class LiveHeap {
  private LiveHeap() {}

  /** Bytes of a JVM's heap that are in use after a full collection, for which jcmd asks. */
  static long bytesOf(long process) throws IOException, InterruptedException {
    String pid = Long.toString(process);
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var unused = run(List.of(jcmd, pid, "GC.run"));
    Matcher used = Pattern.compile("used (\\d+)K").matcher(run(List.of(jcmd, pid, "GC.heap_info")));
    // The generations; what follows is no heap.
    long kib = 0;
    for (int generation = 0; generation < 2 && used.find(); generation++) {
      kib += Long.parseLong(used.group(1));
    }
    return kib * 1024;
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + " must end with status 0:\n" + output);
    }
    return output;
  }
}
