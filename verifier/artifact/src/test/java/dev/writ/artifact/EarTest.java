// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.artifact.Ear.Appraisal;
import dev.writ.artifact.Ear.Claim;
import dev.writ.artifact.Ear.Tier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Attestation Result under draft-ietf-rats-ear, read and written. */
class EarTest {
  private static final Path EXAMPLES =
      Path.of(Optional.ofNullable(System.getenv("WRIT_VECTORS")).orElse("../../../shared/vectors"))
          .resolve("ietf-rats-ear/cddl/examples");

  private static Ear read(byte[] json) throws MalformedJsonException {
    return Ear.take(StrictJson.parse(json, 1 << 16));
  }

  /** The draft's own JSON examples, with claims of profiles that are unknown here. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ear-json-1.diag",
        "ear-json-2.diag",
        "ext-teep-json-1.diag",
        "ext-veraison-json-1.diag",
        "ext-veraison-json-2.diag",
      })
  void take_exampleOfTheDraft_isRead(String file) throws Exception {
    assumeTrue(
        Files.isDirectory(EXAMPLES), "the vectors of ietf-rats-ear are absent: WRIT_VECTORS");
    Ear ear = read(Files.readAllBytes(EXAMPLES.resolve(file)));

    assertThat(ear.verifier())
        .isEqualTo(new Ear.VerifierId("https://veraison-project.org", "vts 0.0.1"));
    assertThat(ear.submods().values())
        .allSatisfy(
            appraisal -> assertThat(appraisal.vector()).containsEntry(Claim.INSTANCE_IDENTITY, 2));
    assertThat(read(Jcs.canonical(ear.toMap()))).isEqualTo(ear);
  }

  @Test
  void take_firstExampleOfTheDraft_hasItsValues() throws Exception {
    assumeTrue(
        Files.isDirectory(EXAMPLES), "the vectors of ietf-rats-ear are absent: WRIT_VECTORS");
    Ear ear = read(Files.readAllBytes(EXAMPLES.resolve("ear-json-1.diag")));

    assertThat(ear.iat()).isEqualTo(Instant.ofEpochSecond(1666529184));
    assertThat(ear.submods())
        .containsExactly(
            Map.entry(
                "PSA",
                new Appraisal(
                    Tier.CONTRAINDICATED,
                    Map.of(Claim.INSTANCE_IDENTITY, 2, Claim.EXECUTABLES, 96, Claim.HARDWARE, 2),
                    List.of("https://veraison.example/policy/1/60a0068d"))));
  }

  @ParameterizedTest
  @CsvSource({
    "-128,CONTRAINDICATED",
    "-97,CONTRAINDICATED",
    "-96,WARNING",
    "-33,WARNING",
    "-32,AFFIRMING",
    "-2,AFFIRMING",
    "-1,NONE",
    "0,NONE",
    "1,NONE",
    "2,AFFIRMING",
    "31,AFFIRMING",
    "32,WARNING",
    "95,WARNING",
    "96,CONTRAINDICATED",
    "127,CONTRAINDICATED",
  })
  void tier_ofClaim_isThatOfAr4si(int claim, Tier tier) {
    assertThat(Tier.ofClaim(claim)).isEqualTo(tier);
  }

  @Test
  void appraisal_statusBetterThanAClaim_isRefused() {
    for (Tier status : List.of(Tier.NONE, Tier.AFFIRMING, Tier.WARNING)) {
      assertThatThrownBy(() -> new Appraisal(status, Map.of(Claim.CONFIGURATION, 99), List.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no better than");
    }
    assertThat(
            new Appraisal(Tier.CONTRAINDICATED, Map.of(Claim.CONFIGURATION, 99), List.of())
                .status())
        .isEqualTo(Tier.CONTRAINDICATED);
    assertThat(new Appraisal(Tier.WARNING, Map.of(Claim.HARDWARE, 2), List.of()).status())
        .isEqualTo(Tier.WARNING);
  }

  /** RFC 9711 section 4.1, for the result's nonce and for that of the Evidence. */
  @Test
  void nonce_outsideItsLengths_isRefusedWhereverItStands() {
    for (int length : new int[] {7, 89}) {
      Optional<String> nonce = Optional.of("x".repeat(length));
      assertThatThrownBy(
              () -> new Appraisal(Tier.NONE, Map.of(), List.of(), nonce, Optional.empty()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ear.submods.eat_nonce");
      Map<String, Appraisal> host = Map.of("host", new Appraisal(Tier.NONE, Map.of(), List.of()));
      Ear.VerifierId verifier = new Ear.VerifierId("Writ", "1");
      assertThatThrownBy(() -> new Ear(Instant.EPOCH, verifier, host, nonce))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ear.eat_nonce");
    }
  }

  @Test
  void embedded_leavesOutWhatAnArtifactSaysItself() {
    Ear whole = WorkedExample.attestationResult().until(WorkedExample.claims().exp());
    Appraisal host = requireNonNull(whole.submods().get("host"));

    assertThat(host.rules()).isPresent();
    assertThat(host.subject()).isPresent();
    assertThat(whole.iss()).isPresent();
    assertThat(whole.embedded())
        .isEqualTo(
            new Ear(
                whole.iat(),
                whole.verifier(),
                Map.of(
                    "host",
                    new Appraisal(
                        host.status(),
                        host.vector(),
                        host.policyIds(),
                        host.nonce(),
                        Optional.empty())),
                whole.nonce()));
    assertThat(new String(whole.embedded().toJson(), StandardCharsets.UTF_8))
        .doesNotContain("ear_writ_", "iss", "exp");
  }

  @Test
  void subject_ofADenial_isReadAsItWasWritten() throws Exception {
    Ear denied =
        WorkedExample.appraisal()
            .by(
                "https://writ.example",
                new AppraisedSubject(
                    WorkedExample.claims().env().akName(),
                    new AppraisedSubject.Decision.Denied(7, TestWorld.hash("leaf 7"))));

    assertThat(Ear.parse(denied.toJson())).isEqualTo(denied);
  }
}
