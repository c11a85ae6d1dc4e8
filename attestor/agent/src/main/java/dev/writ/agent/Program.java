// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.WritExec.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A program, held as it will be started.
 *
 * @param executable what the kernel starts: an ELF file, a script's interpreter where there is one; a
 *     sealed copy of it where the governed user could rewrite it
 * @param path the executable's path, without links
 * @param prefix the arguments that stand before the caller's: of an ELF file none, argv[0] being the
 *     caller's; of a script those that execve(2) puts there, the script's path left out
 * @param script the script, if it is one
 * @param rewritable how the governed user could rewrite the executable or the script
 */
record Program(
    HeldFile executable,
    Path path,
    List<String> prefix,
    Optional<Script> script,
    Optional<String> rewritable) {
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  /** Where execvp(3) searches if there is no {@code PATH}. */
  private static final String DEFAULT_PATH = "/bin:/usr/bin";

  private static final int ENOENT = 2;
  private static final int ENOTDIR = 20;
  private static final int EISDIR = 21;
  private static final int ELOOP = 40;

  /**
   * A script, in a sealed copy.
   *
   * @param copy whose descriptor its interpreter opens
   * @param path the script's own, without links
   */
  record Script(HeldFile copy, Path path) {}

  /** What was found where a program should be. */
  sealed interface Outcome {
    /** It can be started. */
    record Found(Program program) implements Outcome {}

    /** There is none. */
    record Missing(String reason) implements Outcome {}

    /** What is there cannot be started. */
    record Unfit(String reason) implements Outcome {}
  }

  /** Finds programs, and has them held. */
  static final class Finder {
    private final WritExec exec;
    private final GovernedUser user;
    private final Optional<String> searchPath;

    /**
     * A finder.
     *
     * @param searchPath the child's {@code PATH}
     */
    Finder(WritExec exec, GovernedUser user, Optional<String> searchPath) {
      this.exec = exec;
      this.user = user;
      this.searchPath = searchPath;
    }

    /**
     * The program that a command names: a path where it has a slash, else the first of that name which
     * can be executed in a folder of {@code PATH}.
     */
    Outcome find(String command) throws IOException {
      Optional<Path> path = locate(command);
      if (path.isEmpty()) {
        return new Outcome.Missing(
            command + " must be a program in a folder of PATH, and is in none of them");
      }
      Located located = hold(path.get());
      if (located instanceof Located.Not not) {
        return not.outcome();
      }
      Located.At found = (Located.At) located;
      return isElf(found.file().head(ELF.length)) ? binary(found) : script(found);
    }

    private Optional<Path> locate(String command) {
      if (command.indexOf('/') >= 0) {
        return Optional.of(Path.of(command));
      }
      if (command.isEmpty()) {
        return Optional.empty();
      }
      // An empty entry is the working directory (POSIX.1-2017 section 8.3).
      for (String folder : searchPath.orElse(DEFAULT_PATH).split(":", -1)) {
        Path candidate = Path.of(folder, command);
        if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
          return Optional.of(candidate);
        }
      }
      return Optional.empty();
    }

    private sealed interface Located {
      record At(HeldFile file, Path path, Optional<String> rewritable) implements Located {}

      record Not(Outcome outcome) implements Located {}
    }

    private Located hold(Path path) throws IOException {
      Response answer = exec.hold(path);
      if (answer instanceof Response.Failed failed) {
        return new Located.Not(refused(path, failed.errno()));
      }
      HeldFile file = heldFile(answer);
      Path real = file.realPath();
      if (!Files.exists(real) || !file.isAt(real)) {
        return new Located.Not(
            new Outcome.Missing(path + " must stay where it is, and was replaced meanwhile"));
      }
      if (!Path.of(real.toString()).equals(real)) {
        return new Located.Not(
            new Outcome.Unfit(
                real + " must be a path in UTF-8, and is not: it could not be bound"));
      }
      return Files.isExecutable(file.handle())
          ? new Located.At(file, real, user.rewrites(file, real))
          : new Located.Not(
              new Outcome.Unfit(path + " must be executable for this user, and is not"));
    }

    private static Outcome refused(Path path, int errno) {
      return switch (errno) {
        case ENOENT, ENOTDIR -> new Outcome.Missing(path + " must exist, and does not");
        case EISDIR -> new Outcome.Unfit(path + " must be a program, and is a folder");
        case ELOOP -> new Outcome.Unfit(path + " must lead to a program, and leads in a circle");
        default ->
            new Outcome.Unfit(
                path + " must be a regular file that this user may read (errno " + errno + ")");
      };
    }

    private Outcome binary(Located.At found) throws IOException {
      Optional<HeldFile> copy =
          found.rewritable().isPresent() ? seal(found.file()) : Optional.of(found.file());
      return copy.isEmpty()
          ? couldNotSeal(found)
          : new Outcome.Found(
              new Program(
                  copy.get(), found.path(), List.of(), Optional.empty(), found.rewritable()));
    }

    private Outcome script(Located.At script) throws IOException {
      // First of all: who could rewrite the script could else have one line read and another one
      // bound.
      Optional<HeldFile> copy = seal(script.file());
      if (copy.isEmpty()) {
        return couldNotSeal(script);
      }
      Optional<Shebang> line = Shebang.parse(copy.get().head(Shebang.MAX_LINE + 1));
      if (line.isEmpty()) {
        return new Outcome.Unfit(
            script.path()
                + " must be an ELF program, or a script whose first line names its interpreter"
                + " (#!/…) in at most "
                + Shebang.MAX_LINE
                + " bytes, and is neither");
      }
      Optional<String> command = line.get().command();
      if (command.isEmpty()) {
        return new Outcome.Unfit(
            script.path()
                + " must name its interpreter, and leaves it to the options of env: write"
                + " #!/usr/bin/env NAME, or the interpreter's path");
      }
      Optional<Path> path = locate(command.get());
      if (path.isEmpty()) {
        return new Outcome.Missing(
            "the interpreter " + command.get() + " must be in PATH, and is not");
      }
      Located located = hold(path.get());
      if (located instanceof Located.Not not) {
        return not.outcome();
      }
      Located.At interpreter = (Located.At) located;
      if (!isElf(interpreter.file().head(ELF.length))) {
        return new Outcome.Unfit(
            "the interpreter " + interpreter.path() + " must be an ELF program, and is a script");
      }
      Outcome bound = binary(interpreter);
      if (!(bound instanceof Outcome.Found found)) {
        return bound;
      }
      return new Outcome.Found(
          new Program(
              found.program().executable(),
              interpreter.path(),
              line.get().arguments(),
              Optional.of(new Script(copy.get(), script.path())),
              script.rewritable().or(interpreter::rewritable)));
    }

    private Optional<HeldFile> seal(HeldFile file) throws IOException {
      Response answer = exec.seal(file);
      return answer instanceof Response.Failed ? Optional.empty() : Optional.of(heldFile(answer));
    }

    private static Outcome couldNotSeal(Located.At found) {
      return new Outcome.Unfit(
          found.path()
              + " must be copied whole into sealed memory, and was not: it is over 256 MiB, was being"
              + " written, or there is no memory for it");
    }

    private static HeldFile heldFile(Response answer) {
      if (answer instanceof Response.Held held) {
        return held.file();
      }
      throw new IllegalStateException("bug: writ-exec holds no file and says no error: " + answer);
    }
  }

  private static boolean isElf(byte[] head) {
    for (int i = 0; i < ELF.length; i++) {
      if (i >= head.length || head[i] != ELF[i]) {
        return false;
      }
    }
    return true;
  }
}
