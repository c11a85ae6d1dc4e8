// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ExecRequest;
import dev.writ.agent.ExecRequest.Delegating;
import dev.writ.agent.RawProcess;
import dev.writ.agent.UnfaithfulBytesException;
import dev.writ.agent.WritExec;
import dev.writ.artifact.Act;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** In whose name a program is to run, and with what beside its arguments. */
final class ExecOptions {
  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      defaultValue = "${env:WRIT_TENANT}",
      description = "On whose behalf the program runs (or WRIT_TENANT).")
  @Nullable String tenant;

  @Option(
      names = "--workload",
      paramLabel = "SPIFFE-ID",
      defaultValue = "${env:WRIT_WORKLOAD}",
      description = "In whose name it runs (or WRIT_WORKLOAD).")
  @Nullable String workload;

  @Option(
      names = "--env",
      paramLabel = "NAME",
      description = {
        "A variable that it gets beside PATH, HOME, LANG, LC_* and TERM. Those that load code into a",
        "program (LD_PRELOAD, PYTHONPATH, …) the policy must name."
      })
  List<String> variables = new ArrayList<>();

  @Option(
      names = "--bind",
      paramLabel = "FILE",
      description =
          "A script or data file that must be as it was allowed, when the program starts.")
  List<Path> files = new ArrayList<>();

  @Option(
      names = "--delegable",
      paramLabel = "PATH",
      description = {
        "Programs at or below PATH may be asked for under this execution's artifact, on this host (--parent",
        "of run and attest), as far as the policy lets them; again for more."
      })
  List<String> delegable = new ArrayList<>();

  @Option(
      names = "--delegable-uses",
      paramLabel = "N",
      description = "How often they may be started, all together (default: as often as is asked).")
  @Nullable String delegableUses;

  @Option(
      names = "--hand-down",
      paramLabel = "FILE",
      description = {
        "The program finds the bundle that it runs under in FILE, while it runs, and is told so by",
        "WRIT_PARENT; FILE must not be there before."
      })
  @Nullable Path handDown;

  /**
   * What is to run.
   *
   * @param named who it runs for must be said
   */
  ExecRequest request(List<String> command, boolean named) throws CommandFailure {
    if (tenant == null) {
      throw CommandFailure.usage("--tenant must be given, and is not");
    }
    if (named && workload == null) {
      throw CommandFailure.usage("--workload must be given, and is not");
    }
    try {
      return new ExecRequest(
          RawProcess.lastArguments(command),
          variables,
          files,
          tenant,
          workload == null ? "" : workload,
          delegating(),
          Optional.ofNullable(handDown));
    } catch (IOException e) {
      throw CommandFailure.configuration("/proc must be mounted", e);
    } catch (UnfaithfulBytesException | IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private Optional<Delegating> delegating() throws CommandFailure {
    if (delegable.isEmpty()) {
      if (delegableUses != null) {
        throw CommandFailure.usage(
            "--delegable-uses must stand beside --delegable, which says what is counted, and does not");
      }
      return Optional.empty();
    }
    for (String path : delegable) {
      if (!path.startsWith("/")) {
        throw CommandFailure.usage(
            "--delegable must be an absolute path, such as /usr/bin, and is " + path);
      }
    }
    int uses = delegableUses == null ? Act.UNCOUNTED : number(delegableUses);
    return Optional.of(new Delegating(delegable, uses));
  }

  private static int number(String uses) throws CommandFailure {
    try {
      int number = Integer.parseInt(uses);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As below.
    }
    throw CommandFailure.usage("--delegable-uses must be a number from 1 on, and is " + uses);
  }

  /** The process that holds the program and starts it: the one of this build, or none. */
  static WritExec writExec() throws CommandFailure {
    String pipes = System.getenv(WritExec.PIPES);
    if (pipes == null) {
      throw CommandFailure.configuration(
          "a program must be held by writ-exec, which the launcher starts, and that is not there:"
              + " use the launcher, and write -- before the program");
    }
    try {
      WritExec exec = WritExec.ofParent(pipes);
      ExecManifest.ofLauncher().requireRunBy(exec.pid());
      return exec;
    } catch (IOException e) {
      throw CommandFailure.configuration("writ-exec", e);
    }
  }
}
