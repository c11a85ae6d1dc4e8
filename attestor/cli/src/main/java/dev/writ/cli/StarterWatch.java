// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * In a process that a {@link FolderProcess} started: ends it when whoever started it has ended, which the
 * end of its standard input tells, and removes its folder however it ends by itself. Services and simulators
 * die with it. So neither of the two can be killed alone and leave anything.
 */
final class StarterWatch {
  /** A file in the folder, which says that this process no longer ends with the one that started it. */
  static final String KEPT = "kept";

  private static final int TURNS = 3;
  private static final long PAUSE_NANOS = 20_000_000;

  private final Path folder;
  private final AtomicBoolean onItsOwn = new AtomicBoolean();

  private StarterWatch(Path folder) {
    this.folder = folder;
  }

  /** Watches from now on. */
  static StarterWatch begin(Path folder) {
    StarterWatch watch = new StarterWatch(folder);
    Thread thread = new Thread(watch::endWithStarter, "starter");
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  /** Standard input is a pipe whose other end nobody but the starter has, and nobody writes to. */
  private void endWithStarter() {
    try {
      while (System.in.read() >= 0) {
        // Only its end counts.
      }
    } catch (IOException e) {
      // As good as its end.
    }
    synchronized (this) {
      if (!onItsOwn.get()) {
        removeFolder();
        Runtime.getRuntime().halt(ExitStatus.UNREACHABLE);
      }
    }
  }

  /** From now on only its own end ends this process. */
  void takeOver() throws IOException {
    onItsOwn.set(true);
    Files.createFile(folder.resolve(KEPT));
  }

  /** The work has ended, or could not go on: perhaps because its folder is being removed. */
  synchronized void end(int status) {
    removeFolder();
    System.exit(status);
  }

  /** What a child or another thread makes while the folder is being removed goes with the next turn. */
  private void removeFolder() {
    for (int turn = 0; turn < TURNS; turn++) {
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
      orphans().forEach(ProcessHandle::destroyForcibly);
      new TemporaryFolder(folder).close();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /**
   * Simulators that {@code swtpm_setup} had just started when it was killed: nobody's descendants any
   * more, and waiting for a connection that does not come. They name this folder.
   */
  private Stream<ProcessHandle> orphans() {
    return ProcessHandle.allProcesses().filter(process -> isSimulatorIn(process.info()));
  }

  private boolean isSimulatorIn(ProcessHandle.Info process) {
    return process.command().filter(command -> command.endsWith("/swtpm")).isPresent()
        && process.commandLine().filter(line -> line.contains(folder.toString())).isPresent();
  }
}
