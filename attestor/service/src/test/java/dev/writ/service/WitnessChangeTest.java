// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TrustedCheckpoint;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operators give the log of a running service witnesses, and others in their place. */
@Timeout(180)
final class WitnessChangeTest extends DualControlled {
  private final List<RunningWitness> running = new ArrayList<>();

  @BeforeEach
  void startWitnesses() throws Exception {
    for (String name : List.of("north", "south", "west", "east")) {
      RunningWitness witness = new RunningWitness(name, folder, deployment.clock);
      running.add(witness);
      witness.start(logKey());
    }
  }

  @AfterEach
  void stopWitnesses() {
    running.forEach(RunningWitness::close);
  }

  @Test
  void witnesses_givenAndChangedByOperators_cosignFromThenOn_alsoAfterARestart() throws Exception {
    publish("north", "south", "west");
    awaitCosignedBy(followed());
    assertThat(verdict(followed(), issued())).isInstanceOf(Verdict.Allowed.class);

    TrustFile former = followed();
    witness("north").stop();
    publish("east", "south", "west");
    witness("west").stop();
    TrustFile newest = followed();
    awaitCosignedBy(newest);
    assertThat(verdict(newest, issued())).isInstanceOf(Verdict.Allowed.class);
    assertDenied(verdict(former, issued()), DenialCode.LINEAGE_FRAGMENTED);

    deployment.restart();
    assertThat(verdict(newest, issued())).isInstanceOf(Verdict.Allowed.class);
    witness("east").stop();
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host)).reason())
        .isEqualTo("witnesses_unavailable");
  }

  /** Once in force it would lock out all, those too who could change it again. */
  @Test
  void witnessesOfWhomNoQuorumAnswers_areNotProposed() throws Exception {
    witness("north").stop();
    witness("south").stop();
    assertDenied(
        asked(new ChangeRequest.Publish(wished("north", "south", "west"))),
        DenialCode.POLICY_DENIED,
        "witnesses_unavailable");
    RunningWitness strange = new RunningWitness("strange", folder, deployment.clock);
    running.add(strange);
    strange.start();
    assertDenied(
        asked(new ChangeRequest.Publish(wished("west", "strange"))),
        DenialCode.POLICY_DENIED,
        "witnesses_unavailable");
    assertThat(deployment.service().ledger().checkpoint().signatures())
        .noneMatch(line -> line.name().endsWith(".example"));
  }

  /** A place that the configuration has is for a witness by its name, as long as there is one. */
  @Test
  void placeInTheConfiguration_goesWithItsWitness() throws Exception {
    TrustFile wished = wished("north", "south");
    WitnessPlaces places =
        new WitnessPlaces(
            Map.of("north", URI.create("http://127.0.0.1:1"), "gone", witness("east").url()),
            Duration.ofSeconds(1));
    assertThat(places.after(wished).asked())
        .extracting(each -> each.name() + " " + each.url())
        .containsExactly("north http://127.0.0.1:1", "south " + witness("south").url());
    assertThatThrownBy(() -> places.at(wished))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("gone");
  }

  private RunningWitness witness(String name) {
    return running.stream().filter(one -> one.name.equals(name)).findFirst().orElseThrow();
  }

  private void publish(String... names) throws Exception {
    Proposal unused = approved(new ChangeRequest.Publish(wished(names)));
    assertThat(followed().logPolicy().witnesses()).hasSize(names.length);
  }

  /** Two of the named must cosign. */
  private TrustFile wished(String... names) throws Exception {
    TrustContent content = followed().content();
    String logs =
        content.logPolicy().lines().filter(line -> line.startsWith("log ")).collect(lines());
    String witnesses =
        Stream.of(names)
            .map(this::witness)
            .map(one -> "witness " + one.name + " " + one.cosigner.key().vkey() + " " + one.url())
            .collect(lines());
    return TrustFile.of(
        new TrustContent(
            content.issuer(),
            content.version(),
            content.previous(),
            content.assurance(),
            content.keys(),
            logs + witnesses + "group enough 2 " + String.join(" ", names) + "\nquorum enough\n",
            content.status(),
            content.skew(),
            content.tls(),
            content.policyApprovers(),
            content.gateways(),
            content.operators()),
        List.of());
  }

  private static Collector<CharSequence, ?, String> lines() {
    return Collectors.joining("\n", "", "\n");
  }

  private static NoteKey logKey() {
    return NoteKey.ofP256(Deployment.IDENTITY.origin(), token().keys().checkpoint().publicKey());
  }

  /** The newest head is cosigned anew, also where no leaf comes. */
  private void awaitCosignedBy(TrustFile trust) throws Exception {
    SignedNote note = deployment.service().ledger().checkpoint();
    while (!(trust.logPolicy().verifyCheckpoint(note) instanceof TrustedCheckpoint)) {
      Thread.sleep(5);
      note = deployment.service().ledger().checkpoint();
    }
  }
}
