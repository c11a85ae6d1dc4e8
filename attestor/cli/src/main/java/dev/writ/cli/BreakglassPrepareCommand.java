// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BreakglassGrant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ policy breakglass prepare}: a grant that nobody has signed. */
@Command(
    name = "prepare",
    description = {
      "Writes a grant of break-glass that nobody has signed yet. As many of the policy's breakglass.approvers",
      "as it asks for then sign it, each on their own machine, and it is kept in a safe. It is good for one use."
    },
    mixinStandardHelpOptions = true)
final class BreakglassPrepareCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--issuer",
      required = true,
      paramLabel = "URL",
      description = "Whose service it is for, as its trust file has it.")
  String issuer = "";

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "What it is for, as its signers read it.")
  String reason = "";

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = EnrolCommand.TimeConverter.class,
      description = {
        "How long it lasts once it is used, at most a day; the policy may allow less (default:",
        "${DEFAULT-VALUE})."
      })
  Duration ttl = Duration.ofHours(1);

  @Option(
      names = "--valid",
      paramLabel = "TIME",
      defaultValue = "365d",
      converter = EnrolCommand.TimeConverter.class,
      description = "For how long it can be used, at most 400d (default: ${DEFAULT-VALUE}).")
  Duration valid = Duration.ofDays(365);

  @Option(
      names = "--out",
      required = true,
      paramLabel = "GRANT",
      description = "Where it is written: a new file.")
  Path out = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (Files.exists(out)) {
      throw CommandFailure.configuration("--out must be a new file, and " + out + " is there");
    }
    Instant now = Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS);
    BreakglassGrant grant;
    try {
      grant =
          new BreakglassGrant(
              issuer, GrantFile.nonce(), reason, ttl, now, now.plus(valid), List.of());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
    GrantFile.write(out, grant);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("breakglass", grant.digest().hex());
    facts.put("ttl_s", ttl.toSeconds());
    facts.put("not_after", grant.notAfter());
    facts.put("grant", out.toString());
    new Printer(spec.commandLine().getOut(), output).print(facts);
    return ExitStatus.DONE;
  }
}
