// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ListedKey;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustFile;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ keys plan}: what a rotation would change. */
@Command(
    name = "plan",
    description = "Says what a rotation of a role's key would change, and proposes nothing.",
    mixinStandardHelpOptions = true)
final class KeysPlanCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "ROLE",
      converter = SigningRole.class,
      description = "issuer, status, checkpoint, tls or attestation.")
  KeyRole role = KeyRole.ISSUER;

  @Mixin SigningOptions signing = new SigningOptions();

  @Option(
      names = "--valid",
      paramLabel = "TIME",
      defaultValue = "24h",
      converter = EnrolCommand.TimeConverter.class,
      description = "For how long it could be approved (default: ${DEFAULT-VALUE}).")
  Duration valid = Duration.ofHours(24);

  @Option(
      names = "--lead",
      paramLabel = "TIME",
      defaultValue = "10m",
      converter = KeysRotateCommand.LeadConverter.class,
      description = "From then until the key would sign (default: ${DEFAULT-VALUE}).")
  Duration lead = Duration.ofMinutes(10);

  @Override
  public Integer call() throws CommandFailure {
    TrustFile trust =
        signing.newestTrust(sentence -> spec.commandLine().getErr().println("writ: " + sentence));
    List<ListedKey> keys =
        signing.ask(client -> CommandFailure.read(client.keys().list())).stream()
            .filter(key -> key.role().equals(role.wire()))
            .toList();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("role", role.wire());
    in(keys, KeyState.ACTIVE)
        .ifPresent(
            key -> {
              facts.put("signs_now", name(key));
              facts.put("ends_without", key.known().orElseThrow().notAfter());
            });
    Optional<ListedKey> announced = in(keys, KeyState.PREPUBLISHED);
    if (announced.isPresent()) {
      facts.put("announced", name(announced.get()));
      facts.put("signs_from", announced.get().known().orElseThrow().notBefore());
      facts.put("possible", false);
    } else {
      facts.put(
          "next_key",
          keys.stream()
              .filter(key -> key.known().isEmpty())
              .findFirst()
              .map(KeysPlanCommand::name)
              .orElse("made in the token when it is proposed"));
      Instant activates = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(valid).plus(lead);
      facts.put("signs_from", activates);
      facts.put("possible", true);
    }
    facts.put("trust_version", trust.content().version());
    facts.put("next_trust_version", trust.content().version() + 1);
    facts.put("approvals", trust.content().operators().threshold());
    facts.put("operators", trust.content().operators().keys().size());
    new Printer(spec.commandLine().getOut(), signing.output).print(facts);
    return ExitStatus.DONE;
  }

  private static Optional<ListedKey> in(List<ListedKey> keys, KeyState state) {
    return keys.stream()
        .filter(key -> key.known().map(ListedKey.Known::state).equals(Optional.of(state)))
        .findFirst();
  }

  private static String name(ListedKey key) {
    return key.kid().map(Thumbprint::text).orElse(key.role());
  }
}
