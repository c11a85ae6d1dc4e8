// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Execution;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of {@code writ run} where they are as they nearly always are: {@code --option value},
 * each once but for those that may come again, then {@code --} and the program. What these options are
 * is {@link RunCommand}'s to say, to picocli and to who reads its help; this knows no other, and leaves
 * whatever it does not know, and whatever is wrong, to picocli.
 */
final class PlainRunArguments {
  private static final String END = "--";

  /** What has a value by the environment, and where it is not given by an option. */
  private static final Map<String, String> VARIABLES =
      Map.ofEntries(
          Map.entry("--trust", "WRIT_TRUST"),
          Map.entry("--trust-sha256", "WRIT_TRUST_SHA256"),
          Map.entry("--trust-folder", "WRIT_TRUST_FOLDER"),
          Map.entry("--state", "WRIT_STATE"),
          Map.entry("--tpm", "WRIT_TPM"),
          Map.entry("--boot-log", "WRIT_BOOT_LOG"),
          Map.entry("--ima-list", "WRIT_IMA_LIST"),
          Map.entry("--tenant", "WRIT_TENANT"),
          Map.entry("--workload", "WRIT_WORKLOAD"),
          Map.entry("--initiator-token-file", "WRIT_INITIATOR_TOKEN_FILE"),
          Map.entry(ParentOptions.NAME, Execution.PARENT),
          Map.entry("--service", "WRIT_SERVICE"),
          Map.entry("--stop-within", "WRIT_STOP_WITHIN"));

  private static final Set<String> REPEATED = Set.of("--env", "--bind", "--delegable");

  private final RunCommand run = new RunCommand();
  private final Set<String> given = new HashSet<>();

  private PlainRunArguments() {}

  /**
   * The command as these arguments want it; nothing where they are not plain.
   *
   * @param args those after {@code run}
   * @param environment of this process
   */
  static Optional<RunCommand> read(String[] args, Map<String, String> environment) {
    PlainRunArguments arguments = new PlainRunArguments();
    try {
      int end = arguments.options(args);
      return end >= 0 && end + 1 < args.length && arguments.variables(environment)
          ? Optional.of(arguments.running(Arrays.asList(args).subList(end + 1, args.length)))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      // A path or an address that is none: picocli says which.
      return Optional.empty();
    }
  }

  private RunCommand running(List<String> command) {
    run.command = List.copyOf(command);
    return run;
  }

  /** Where {@code --} stands; -1 where what stands before it is not plain. */
  private int options(String[] args) {
    int next = 0;
    while (next + 1 < args.length && !args[next].equals(END)) {
      String name = args[next];
      String value = args[next + 1];
      if (!(REPEATED.contains(name) || given.add(name)) || !isPlain(value) || !set(name, value)) {
        return -1;
      }
      next += 2;
    }
    return next < args.length && args[next].equals(END) ? next : -1;
  }

  /** Whether what must be given is. */
  private boolean variables(Map<String, String> environment) {
    if (given.contains("--bundle")) {
      // Nobody is asked: whatever names an initiator for other runs is not for this one.
      boolean unused = given.add(InitiatorOptions.NAME);
    }
    for (Map.Entry<String, String> variable : VARIABLES.entrySet()) {
      String value = environment.get(variable.getValue());
      if (value != null && given.add(variable.getKey())) {
        if (!isPlain(value) || !set(variable.getKey(), value)) {
          return false;
        }
      }
    }
    return given.contains("--trust") && given.contains("--state");
  }

  /** An empty value, and one that could be an option, are not. */
  private static boolean isPlain(String value) {
    return !value.isEmpty() && value.charAt(0) != '-';
  }

  /**
   * Whether there is such an option, which has this value then.
   *
   * @throws InvalidPathException if the value is no path
   */
  private boolean set(String name, String value) {
    switch (name) {
      case "--trust" -> run.trust.trust = Path.of(value);
      case "--trust-sha256" -> run.trust.pin = value;
      case "--trust-folder" -> run.trust.folder = Path.of(value);
      case "--state" -> run.host.state = Path.of(value);
      case "--tpm" -> run.host.tpm = value;
      case "--boot-log" -> run.host.bootLog = Path.of(value);
      case "--ima-list" -> run.host.imaList = Path.of(value);
      case "--tenant" -> run.exec.tenant = value;
      case "--workload" -> run.exec.workload = value;
      case "--env" -> run.exec.variables.add(value);
      case "--bind" -> run.exec.files.add(Path.of(value));
      case "--delegable" -> run.exec.delegable.add(value);
      case "--delegable-uses" -> run.exec.delegableUses = value;
      case "--hand-down" -> run.exec.handDown = Path.of(value);
      case ParentOptions.NAME -> run.parent.file = Path.of(value);
      case "--initiator-token-file" -> run.initiator.file = Path.of(value);
      case "--service" -> run.service = URI.create(value);
      case "--stop-within" -> run.stopWithin = Long.parseLong(value);
      case "--bundle" -> run.bundle = Path.of(value);
      default -> {
        return false;
      }
    }
    return true;
  }
}
