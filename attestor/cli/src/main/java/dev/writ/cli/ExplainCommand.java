// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ explain}: why a decision was made, or what evidence says, for a person to act on. */
@Command(
    name = "explain",
    description = {
      "Says why a decision was made: which rules failed with what was expected and what was found,",
      "which events changed which PCR since the last boot that was allowed something, and what the",
      "reference values would have to say for a denial to go away. Or says what a boot log or an",
      "evidence package says, with no service: what is shown of these nobody has vouched for."
    },
    footer = {
      "",
      "Ends with 0 when it could explain, whatever was decided and whether or not something changed;",
      "with 1 where there is no such decision, it was erased, or a file is not of its form; with 5 where",
      "what the service kept was changed; with 4 where it does not answer. A proposal is for review:",
      "nothing is changed."
    },
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
  /** How a problem's {@code instance} begins. */
  private static final String REQUEST = "urn:writ:request:";

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "DECISION|FILE",
      description = {
        "A decision: its id, its artifact's jti, or the index of its leaf; or the id of a request that",
        "was refused before one, once its minute is over. Needs --socket or --operator.",
        "Else a file with an evidence package; ./12 is a file of that name."
      })
  @Nullable String what;

  @ArgGroup @Nullable DoorOptions door;

  @Option(
      names = "--boot-log",
      paramLabel = "FILE",
      description = "A boot event log, such as /sys/kernel/security/tpm0/binary_bios_measurements.")
  @Nullable Path bootLog;

  @Option(
      names = "--since",
      paramLabel = "FILE",
      description = "An earlier boot log: says what changed since, and no more.")
  @Nullable Path since;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if ((what == null) == (bootLog == null)) {
      throw wrong("either DECISION, FILE or --boot-log must be given");
    }
    if (bootLog != null) {
      require(door == null, "--socket and --operator are for a DECISION");
      print(BootLogReport.of(read(bootLog), earlier()));
    } else {
      String named = String.valueOf(what);
      if (named.startsWith(REQUEST)) {
        named = named.substring(REQUEST.length());
      }
      if (LeafArgument.isOne(named)) {
        require(since == null, "--since is for a file: the service knows what was before");
        explain(LeafArgument.lower(named));
      } else {
        require(door == null, "DECISION must be " + LeafArgument.FORM + ", was " + named);
        Path file = Path.of(named);
        require(
            !named.isEmpty() && Files.exists(file),
            "DECISION|FILE must be "
                + LeafArgument.FORM
                + ", or a file with an evidence package that is there, was "
                + named);
        print(BootLogReport.of(evidence(file), earlier()));
      }
    }
    return ExitStatus.DONE;
  }

  private ParameterException wrong(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }

  private void require(boolean holds, String sentence) {
    if (!holds) {
      throw wrong(sentence);
    }
  }

  private void explain(String decision) throws CommandFailure {
    if (door == null) {
      throw wrong("--socket or --operator must be given with a DECISION");
    }
    String json = door.ask(service -> CommandFailure.read(service.explain(decision)));
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(json);
    } else {
      try {
        out.print(
            ExplanationText.of(
                StrictJson.parse(
                    json.getBytes(StandardCharsets.UTF_8), OperatorClient.MAX_EXPLANATION)));
      } catch (MalformedJsonException e) {
        throw CommandFailure.unreachable("the service's answer must be of its form", e);
      }
    }
    out.flush();
  }

  private Optional<BootLog> earlier() throws CommandFailure {
    return since == null ? Optional.empty() : Optional.of(read(since));
  }

  private void print(BootLogReport report) throws CommandFailure {
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(Printer.json(report.asDocument()));
    } else {
      out.print(report.asText());
    }
    out.flush();
  }

  private static BootLog read(Path file) throws CommandFailure {
    try {
      return BootLog.parse(BoundedFile.read(file, BootLog.MAX_BYTES));
    } catch (IOException e) {
      throw CommandFailure.configuration("the boot log " + file, e);
    } catch (MalformedEvidenceException e) {
      throw CommandFailure.invalid(file + " must be a boot log, and is not: " + e.getMessage());
    }
  }

  private static Evidence evidence(Path file) throws CommandFailure {
    try {
      return Evidence.parse(BoundedFile.read(file, Evidence.MAX_BYTES));
    } catch (IOException e) {
      throw CommandFailure.configuration("the evidence " + file, e);
    } catch (MalformedEvidenceException e) {
      throw CommandFailure.invalid(
          file
              + " must be an evidence package, and is not: "
              + e.getMessage()
              + "; the decision in a proof bundle is explained by its jti, a boot log with --boot-log");
    }
  }
}
