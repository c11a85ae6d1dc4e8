// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Delivery;
import dev.writ.agent.Ending;
import dev.writ.agent.ExecGateway;
import dev.writ.agent.ExecRequest;
import dev.writ.agent.Execution;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.LeasePace;
import dev.writ.agent.OutcomeSpool;
import dev.writ.agent.ParentAtHand;
import dev.writ.agent.RunOutcome;
import dev.writ.agent.Sentence;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.StateFolder;
import dev.writ.agent.Timeouts;
import dev.writ.agent.WritExec;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.SeenOnDisk;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ run}: starts a program if, and only if, it may run here and now. */
@Command(
    name = RunCommand.NAME,
    description = {
      "Starts a program under an artifact for this very execution: this file, these arguments, this",
      "environment, on this machine in the state that is measured now, once. Without one, nothing runs.",
    },
    footer = {
      "",
      "Exit: the program's own status, or 128 and the signal's number; 126 denied, or it cannot be",
      "executed; 127 not found; 125 Writ's own failure, or wrong usage; 124 stopped, because the lease",
      "that it ran under ended or was not renewed."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  static final String NAME = "run";

  /** As of timeout(1). */
  private static final int STOPPED = 124;

  private static final int NOT_EXECUTED = 126;
  private static final int NOT_FOUND = 127;
  private static final int SIGNALLED = 128;

  /** Shorter than for other commands: somebody's prompt waits. */
  private static final Timeouts TIMEOUTS =
      new Timeouts(Duration.ofSeconds(3), Duration.ofSeconds(10), Duration.ofSeconds(15));

  /** How many executions may end while the service is away. */
  private static final int MOST_OUTCOMES = 1_000;

  /** Of them, how many one run tells: it is somebody's prompt that waits. */
  private static final int MOST_TOLD = 16;

  private final InstantSource clock;

  /** What this command was read by, where that was picocli. */
  @Spec @Nullable CommandSpec spec;

  @Mixin TrustOptions trust = new TrustOptions();
  @Mixin HostOptions host = new HostOptions();
  @Mixin ExecOptions exec = new ExecOptions();
  @Mixin InitiatorOptions initiator = new InitiatorOptions();
  @Mixin ParentOptions parent = new ParentOptions();

  @Option(
      names = "--service",
      paramLabel = "URL",
      defaultValue = "${env:WRIT_SERVICE}",
      description = {
        "The service: https://HOST[:PORT], or http:// and a loopback address (or WRIT_SERVICE).",
        "With --bundle only the outcome is told there, and it may be left out."
      })
  @Nullable URI service;

  @Option(
      names = "--bundle",
      paramLabel = "FILE",
      description = {
        "Runs under this proof bundle, and asks nobody. What it permits must be this very execution;",
        "who set it in motion it says itself, and what it stands under it must be."
      })
  @Nullable Path bundle;

  @Option(
      names = "--stop-within",
      paramLabel = "MS",
      defaultValue = "${env:WRIT_STOP_WITHIN:-1000}",
      description = {
        "How long a program may take to end once its lease is over, before it is killed, in",
        "milliseconds (or WRIT_STOP_WITHIN; default and most: 1000)."
      })
  long stopWithin = LeasePace.LONGEST_GRACE.toMillis();

  @Parameters(
      arity = "1..*",
      paramLabel = "CMD",
      description = "The program and its arguments; write -- before it.")
  List<String> command = List.of();

  /** Goes by this machine's clock. */
  RunCommand() {
    this(InstantSource.system());
  }

  /** Goes by another clock; nothing that is configured makes one so. */
  RunCommand(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Runs what the arguments say. Plain ones are read without picocli, which would take longer than all
   * cryptography on the way; whatever else there is it reads, explains or refuses.
   *
   * @param args those after {@code run}
   */
  static int execute(String[] args) {
    EarlyStart.begin();
    Optional<RunCommand> plain = PlainRunArguments.read(args, System.getenv());
    return plain.isPresent() ? plain.get().execute() : commandLine().execute(args);
  }

  private int execute() {
    try {
      return call();
    } catch (CommandFailure | RuntimeException e) {
      return failed(e, err());
    }
  }

  /** This command by itself: the others would be loaded for nothing. */
  static CommandLine commandLine() {
    return commandLine(new RunCommand());
  }

  static CommandLine commandLine(RunCommand run) {
    CommandLine line = new CommandLine(run);
    line.setStopAtPositional(true);
    // An argument that begins with @ is the program's.
    line.setExpandAtFiles(false);
    line.setCommandName("writ run");
    line.setHelpFactory(CommandHelp::new);
    line.setParameterExceptionHandler(
        (failure, arguments) -> {
          PrintWriter err = failure.getCommandLine().getErr();
          err.println("writ run: " + failure.getMessage());
          err.println("Usage: writ run [OPTIONS] -- CMD [ARGUMENT…]; see writ run --help");
          return ExitStatus.BUG;
        });
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> failed(failure, command.getErr()));
    return line;
  }

  private static int failed(Exception failure, PrintWriter err) {
    if (failure instanceof CommandFailure expected) {
      err.println("writ run: " + expected.getMessage());
    } else {
      err.println("writ run: this is a bug, please report it:");
      failure.printStackTrace(err);
    }
    return ExitStatus.BUG;
  }

  private PrintWriter err() {
    // In the locale that writ-exec gives this JVM.
    return spec == null
        ? new PrintWriter(System.err, true, StandardCharsets.UTF_8)
        : spec.commandLine().getErr();
  }

  @Override
  public Integer call() throws CommandFailure {
    if (bundle == null && service == null) {
      throw CommandFailure.usage("--service or --bundle must be given, and neither is");
    }
    if (stopWithin < 0 || stopWithin > LeasePace.LONGEST_GRACE.toMillis()) {
      throw CommandFailure.usage(
          "--stop-within must be 0 to "
              + LeasePace.LONGEST_GRACE.toMillis()
              + " (or WRIT_STOP_WITHIN), is "
              + stopWithin);
    }
    if (bundle != null && isInitiatorNamed()) {
      throw CommandFailure.usage(
          InitiatorOptions.NAME
              + " must not be given with --bundle: what may run was decided when the bundle was"
              + " issued, and a token changes nothing; give it to the writ attest that asks for one");
    }
    if (bundle != null && !exec.delegable.isEmpty()) {
      throw CommandFailure.usage(
          "--delegable must not be given with --bundle: what may be asked for under it was decided when"
              + " the bundle was issued");
    }
    ExecRequest request = exec.request(command, bundle == null);
    FollowedTrust believed = trust.followed(this::warn);
    Optional<byte[]> brought =
        bundle == null ? Optional.empty() : Optional.of(BundleFile.read(bundle));
    Optional<ParentAtHand> above;
    try {
      above = parent.atHand();
    } catch (IOException | MalformedDocumentException e) {
      return ended(
          new RunOutcome.Denied(
              DenialCode.AUTHORIZATION_DISCONTINUITY,
              "the bundle of the parent must be in "
                  + parent.file
                  + ", and is not: "
                  + Sentence.of(e)));
    }
    try (WritExec starter = ExecOptions.writExec()) {
      Execution.Preparation preparation = Execution.prepare(starter, request);
      return preparation instanceof Execution.Preparation.Bound bound
          ? run(starter, believed, bound.execution(), brought, above)
          : ended(((Execution.Preparation.Impossible) preparation).outcome());
    } catch (IOException e) {
      throw CommandFailure.configuration("writ-exec", e);
    }
  }

  /** By an argument, rather than by the environment, which is there for other runs too. */
  private boolean isInitiatorNamed() {
    return spec == null
        ? initiator.file != null
        : spec.commandLine().getParseResult().hasMatchedOption(InitiatorOptions.NAME);
  }

  private int run(
      WritExec starter,
      FollowedTrust believed,
      Execution execution,
      Optional<byte[]> brought,
      Optional<ParentAtHand> above)
      throws CommandFailure {
    SecureRandom random = new SecureRandom();
    Optional<HttpServiceEndpoint> endpoint =
        service == null
            ? Optional.empty()
            : Optional.of(initiator.shownTo(ServiceOptions.at(service, believed, TIMEOUTS)));
    ServiceEndpoint asked = endpoint.isPresent() ? endpoint.get() : new NoService();
    StateFolder folder = host.makeState();
    try {
      folder.requireOwn();
      OutcomeSpool spool = OutcomeSpool.open(folder.outcomes(), MOST_OUTCOMES, clock, random);
      ExecGateway gateway =
          new ExecGateway(
              starter,
              new FollowingVerifier(believed, endpoint.map(HttpServiceEndpoint::trustFiles)),
              believed.newest().content().issuer(),
              () -> host.session(folder, asked, random),
              SeenOnDisk.open(folder.seen(), clock),
              spool,
              clock,
              random,
              LeasePace.STANDARD.withGrace(Duration.ofMillis(stopWithin)));
      RunOutcome outcome =
          brought.isPresent()
              ? gateway.runUnder(brought.get(), execution, above)
              : gateway.run(execution, above);
      // First why, since a service that is away is waited for again to tell it.
      say(outcome);
      endpoint.ifPresent(known -> tell(spool, known));
      return status(outcome);
    } catch (IOException e) {
      return ended(new RunOutcome.Denied(DenialCode.UNVERIFIABLE, Sentence.of(e)));
    }
  }

  /** What was not told by earlier runs goes along. What cannot be told now waits. */
  private void tell(OutcomeSpool spool, HttpServiceEndpoint endpoint) {
    try {
      Delivery delivery = spool.deliver(endpoint::report, MOST_TOLD);
      for (Delivery.Refused refused : delivery.refused()) {
        warn(
            "the service refuses to know how artifact "
                + refused.statement().claims().jti()
                + " was used: "
                + refused.denial().cause());
      }
      delivery.setAside().forEach(file -> warn(file + " must hold an outcome, and does not"));
      delivery.stopped().ifPresent(why -> warn("outcomes wait to be told: " + why));
    } catch (IOException e) {
      warn("outcomes wait to be told: the spool must be readable, and is not: " + Sentence.of(e));
    }
  }

  private void warn(String sentence) {
    err().println("writ run: " + sentence);
  }

  private int ended(RunOutcome outcome) {
    say(outcome);
    return status(outcome);
  }

  private void say(RunOutcome outcome) {
    if (!outcome.sentence().isEmpty()) {
      warn(outcome.sentence());
    }
    if (outcome instanceof RunOutcome.Denied denied) {
      denied.next().forEach(this::warn);
    }
  }

  private static int status(RunOutcome outcome) {
    if (outcome instanceof RunOutcome.Ran ran) {
      return status(ran.ending());
    } else if (outcome instanceof RunOutcome.Stopped) {
      return STOPPED;
    } else if (outcome instanceof RunOutcome.Denied
        || outcome instanceof RunOutcome.NotExecutable) {
      return NOT_EXECUTED;
    }
    return outcome instanceof RunOutcome.NotFound ? NOT_FOUND : ExitStatus.BUG;
  }

  private static int status(Ending ending) {
    if (ending instanceof Ending.Exited exited) {
      return exited.status();
    }
    return ending instanceof Ending.Signalled signalled
        ? SIGNALLED + signalled.signal()
        : ExitStatus.BUG;
  }
}
