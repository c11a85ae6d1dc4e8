// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.P256Verifier;
import dev.writ.tlog.TlogProof;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The files under worked-example, which the documents show, are what the code makes and accepts. */
class WorkedExampleTest {
  private static byte[] file(String name) throws IOException {
    try (InputStream in = WorkedExampleTest.class.getResourceAsStream("/worked-example/" + name)) {
      assertThat(in).as("worked-example/" + name).isNotNull();
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  private static String text(String name) throws IOException {
    return new String(file(name), StandardCharsets.UTF_8);
  }

  @Test
  void example_everythingButTheSignatures_followsFromTheFixedValues() throws Exception {
    for (Map.Entry<String, byte[]> derived : WorkedExample.derived().entrySet()) {
      assertThat(text(derived.getKey()))
          .as(derived.getKey())
          .isEqualTo(new String(derived.getValue(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void example_bundle_isMadeOfTheOtherFiles() throws Exception {
    ProofBundle bundle = ProofBundle.parse(file("bundle.json"));

    assertThat(bundle.artifact()).isEqualTo(text("artifact.jws"));
    assertThat(bundle.artifact()).startsWith(text("signing-input.txt") + ".");
    assertThat(bundle.leaf()).isEqualTo(file("leaf-6.json"));
    assertThat(bundle.statusListToken()).hasValue(text("status.jws"));

    assertThat(bundle.tlogProof()).isEqualTo(text("proof.txt"));
    TlogProof proof = TlogProof.parse(bundle.tlogProof());
    assertThat(proof.inclusion()).isEqualTo(WorkedExample.inclusion());
    assertThat(proof.note().text()).isEqualTo(file("checkpoint.txt"));
    assertThat(bundle.toJson()).isEqualTo(file("bundle.json"));
  }

  @Test
  void example_bundle_isAllowedUnderThePinnedTrustFile() throws Exception {
    TrustFile trust = TrustFile.pinned(file("trust.json"), WorkedExample.trust().digest());
    ArtifactClaims claims = WorkedExample.claims();
    Environment env = claims.env();
    Presentation presentation =
        Presentation.NOTHING
            .withAudience(
                new Presentation.Audience.ExecutionHere(
                    new HostState(
                        env.akName(),
                        env.pcrs(),
                        env.digest(),
                        env.resetCount(),
                        env.restartCount())))
            .withTenant("acme")
            .withAction(
                new ActionAtHand(
                    "exec", "/usr/bin/payroll", claims.act().argsDigest(), Map.of("amount", 5000L)))
            .withObligations(Set.of("log"));

    Verdict verdict =
        BundleVerifier.of(trust)
            .verify(file("bundle.json"), presentation, new SeenInMemory(), WorkedExample.NOW);

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    assertThat(((Verdict.Allowed) verdict).artifact().claims()).isEqualTo(claims);
  }

  @Test
  void example_statusToken_saysWhatItsClaimsFileSays() throws Exception {
    StatusToken token = StatusToken.parse(text("status.jws"));
    String payload = text("status.jws").split("\\.")[1];

    assertThat(Base64.getUrlDecoder().decode(payload)).isEqualTo(file("status-claims.json"));
    assertThat(token.claims()).isEqualTo(WorkedExample.statusClaims());
    assertThat(token.isSignedBy(P256Verifier.of(TestKey.STATUS.publicKey()))).isTrue();
  }

  @Test
  void example_outcome_isTheHoldersWord() throws Exception {
    OutcomeStatement outcome = OutcomeStatement.parse(text("outcome.jws"));
    LeafBody.Outcome leaf = (LeafBody.Outcome) Leaf.parse(file("leaf-7.json")).body();

    assertThat(text("outcome.jws")).startsWith(text("outcome-signing-input.txt") + ".");
    assertThat(outcome.signer().kid()).isEqualTo(WorkedExample.claims().jkt());
    assertThat(outcome.isSignedBy(P256Verifier.of(TestKey.INSTANCE.publicKey()))).isTrue();
    assertThat(leaf.statementDigest()).isEqualTo(outcome.digest());
    assertThat(leaf.kid()).isEqualTo(outcome.signer().kid());
  }

  /** The same appraisal as the artifact's, with its rules, by itself. */
  @Test
  void example_attestationResult_saysWhatTheArtifactSaysAndByWhichRules() throws Exception {
    TrustFile trust = TrustFile.pinned(file("trust.json"), WorkedExample.trust().digest());
    AttestationResultVerdict verdict =
        AttestationResultVerifier.of(trust).verify(text("ear.jws"), WorkedExample.NOW);
    String payload = text("ear.jws").split("\\.")[1];

    assertThat(verdict).isInstanceOf(AttestationResultVerdict.Accepted.class);
    Ear ear = ((AttestationResultVerdict.Accepted) verdict).result().claims();
    assertThat(Base64.getUrlDecoder().decode(payload)).isEqualTo(file("ear.json"));
    assertThat(ear.exp()).contains(WorkedExample.claims().exp());
    assertThat(ear.embedded()).isEqualTo(WorkedExample.claims().ear());
    assertThat(ear.iss()).contains(trust.content().issuer());
    assertThat(requireNonNull(ear.submods().get("host")).subject())
        .contains(
            new AppraisedSubject(
                WorkedExample.claims().env().akName(),
                new AppraisedSubject.Decision.Allowed(
                    WorkedExample.claims().jkt(), Artifact.parse(text("artifact.jws")).digest())));
  }

  /** The next token, after leaf 8: the same bundle is revoked. */
  @Test
  void example_bundleAfterItsRevocation_isRevoked() throws Exception {
    BundleVerifier verifier =
        BundleVerifier.of(TrustFile.pinned(file("trust.json"), WorkedExample.trust().digest()));
    StatusClaims before = WorkedExample.statusClaims();
    BitSet revoked = new BitSet();
    revoked.set(WorkedExample.claims().status().orElseThrow().idx());
    byte[] input =
        StatusToken.signingInput(
            TestKey.STATUS.kid(),
            new StatusClaims(
                before.listUri(),
                WorkedExample.NOW,
                WorkedExample.NOW.plusSeconds(300),
                before.ttl(),
                StatusList.of(StatusList.MAX_SIZE, revoked),
                new StatusGovernance(
                    1, 1, before.writ().policyDigest(), 10, TestWorld.hash("root of 10"), 1)));
    StatusToken after = StatusToken.assemble(input, TestKey.STATUS.sign(input));
    SeenInMemory seen = new SeenInMemory();

    assertThat(verifier.learn(after.compact(), seen, WorkedExample.NOW))
        .isEqualTo(new StatusVerdict.Newest(after));
    Verdict verdict =
        verifier.verify(file("bundle.json"), Presentation.NOTHING, seen, WorkedExample.NOW);

    assertThat(((Verdict.Denied) verdict).code()).isEqualTo(DenialCode.REVOKED);
  }

  /** The package's page shows claims, leaf and proof of the example, wrapped and indented. */
  @Test
  void example_inThePackagesPage_isThatOfTheFiles() throws Exception {
    String page = Files.readString(Path.of("src/main/java/dev/writ/artifact/package-info.java"));
    String[] shown = page.substring(page.indexOf("<h2>Example</h2>")).split("</?pre>");
    String claims = shown[1];
    String[] leafAndProof = shown[3].split("(?=c2sp)");

    assertThat(unwrapped(claims)).isEqualTo(text("claims.json"));
    assertThat(unwrapped(leafAndProof[0])).isEqualTo(text("leaf-6.json"));
    assertThat(leafAndProof[1].replaceAll("(?m)^ \\* ?", "").stripTrailing() + "\n")
        .isEqualTo(text("proof.txt"));
  }

  /** Neither claims nor leaf of the example hold a blank or an asterisk. */
  private static String unwrapped(String block) {
    return block.replaceAll("[ *\n]", "").replace("&#64;", "@");
  }
}
