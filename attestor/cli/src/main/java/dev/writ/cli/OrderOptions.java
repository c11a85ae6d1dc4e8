// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.GovernanceClient;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** How one person's order about break-glass or a freeze is signed and handed in. */
final class OrderOptions {
  @Mixin OperatorOptions operator = new OperatorOptions();
  @Mixin SignerOptions signer = new SignerOptions();

  /**
   * An order about to be signed.
   *
   * @param issuer whose service it is for
   * @param text why, or what the review found
   */
  record Wanted(
      String issuer,
      GovernanceOrder.Kind kind,
      Optional<Hash> grant,
      OptionalLong overFreeze,
      String text) {}

  /** What is done with a signed order. */
  interface Handing {
    GovernanceClient.Taken hand(GovernanceClient client, GovernanceOrder order)
        throws IOException, CommandFailure;
  }

  GovernanceClient.Standing standing() throws CommandFailure {
    return operator.ask(client -> CommandFailure.read(client.governance().standing()));
  }

  /** Shows it, signs it once that is confirmed, hands it in and prints what became of it. */
  int give(Wanted wanted, Handing handing, CommandSpec spec) throws CommandFailure {
    try (OperatorKey key = signer.open()) {
      GovernanceOrder order = signed(wanted, key, spec);
      print(order, operator.ask(client -> handing.hand(client.governance(), order)), spec);
    }
    return ExitStatus.DONE;
  }

  private GovernanceOrder signed(Wanted wanted, OperatorKey key, CommandSpec spec)
      throws CommandFailure {
    GovernanceOrder.Unsigned unsigned =
        new GovernanceOrder.Unsigned(
            wanted.issuer(),
            wanted.kind(),
            wanted.grant(),
            wanted.overFreeze(),
            wanted.text(),
            Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS),
            GrantFile.nonce());
    show(unsigned, spec);
    signer.confirm();
    try {
      return unsigned.signed(key.sign(unsigned.signingInput()));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private static void show(GovernanceOrder.Unsigned order, CommandSpec spec) {
    Lines lines = new Lines();
    lines.fact("order", order.kind().wire());
    lines.fact("issuer", order.issuer());
    order.grant().ifPresent(grant -> lines.fact("break-glass", grant.hex()));
    order.overFreeze().ifPresent(index -> lines.fact("OVERRIDES", "the freeze of leaf " + index));
    lines.fact("says", order.text());
    spec.commandLine().getErr().print(lines);
    spec.commandLine().getErr().flush();
  }

  private void print(GovernanceOrder order, GovernanceClient.Taken taken, CommandSpec spec) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("event", taken.event());
    order.grant().ifPresent(grant -> facts.put("breakglass", grant.hex()));
    facts.put("by", Thumbprint.text(order.signer()));
    taken.ends().ifPresent(ends -> facts.put("ends", ends));
    taken.reviewBy().ifPresent(review -> facts.put("review_by", review));
    taken.revoked().ifPresent(revoked -> facts.put("revoked", revoked));
    facts.put("leaf_index", taken.leafIndex());
    new Printer(spec.commandLine().getOut(), operator.output).print(facts);
  }
}
