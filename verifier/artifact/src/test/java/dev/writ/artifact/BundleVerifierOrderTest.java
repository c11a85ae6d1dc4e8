// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** DESIGN section 5: of two things wrong the one whose check comes first gives the code. */
class BundleVerifierOrderTest {
  /** All that enters a verification; a flaw spoils one part of it. */
  private static final class Scene {
    TrustContent trust = TestWorld.statusTrust();
    StatusIssuance token = StatusIssuance.valid();
    Issuance issuance = Issuance.withStatus().token(token);
    Presentation presentation = TestWorld.presentation();
    HostState host = TestWorld.hostState();
    ActionAtHand action = TestWorld.presentation().action().orElseThrow();
    Instant now = TestWorld.NOW;
    Memory seen = new Memory();
    UnaryOperator<byte[]> bytes = UnaryOperator.identity();

    Verdict verify() {
      return BundleVerifier.of(TestWorld.trust(trust))
          .verify(
              bytes.apply(issuance.bundle()),
              presentation.withHost(host).withAction(action),
              seen,
              now);
    }
  }

  private static final Map<CheckName, Consumer<Scene>> FLAWS = new EnumMap<>(CheckName.class);

  static {
    FLAWS.put(CheckName.GIVEN, scene -> scene.bytes = bundle -> new byte[0]);
    FLAWS.put(
        CheckName.BUNDLE_FORM,
        scene -> scene.bytes = bundle -> Replace.once(bundle, "bundle.v1+json", "bundle.v2+json"));
    FLAWS.put(
        CheckName.JWS_FORM,
        scene -> scene.issuance.header(json -> Replace.once(json, "ES256", "none")));
    FLAWS.put(
        CheckName.SIGNATURE,
        scene ->
            scene.issuance.compact(
                jws ->
                    jws.substring(0, jws.lastIndexOf('.') + 1)
                        + Base64Url.encode(
                            TestKey.ISSUER.sign("other".getBytes(StandardCharsets.US_ASCII)))));
    FLAWS.put(
        CheckName.CLAIMS_FORM, scene -> scene.issuance.payload("\"depth\":1", "\"depth\":-1"));
    FLAWS.put(
        CheckName.KEY,
        scene ->
            scene.trust =
                TrustContents.keys(
                    scene.trust,
                    List.of(
                        TestWorld.issuerKey(TestKey.ISSUER, KeyState.COMPROMISED),
                        TestWorld.statusKey(TestKey.STATUS, KeyState.ACTIVE))));
    FLAWS.put(
        CheckName.ISSUER,
        scene -> scene.trust = TrustContents.issuer(scene.trust, "https://other.example"));
    FLAWS.put(
        CheckName.AUDIENCE,
        scene ->
            scene.presentation =
                scene.presentation.withAudience(new Presentation.Audience.Gateway("gateway-1")));
    FLAWS.put(
        CheckName.TENANT, scene -> scene.presentation = scene.presentation.withTenant("other"));
    FLAWS.put(CheckName.ASSURANCE, scene -> scene.trust = TrustContents.hardware(scene.trust));
    FLAWS.put(CheckName.BEGUN, scene -> scene.now = TestWorld.MADE.minusSeconds(6));
    FLAWS.put(CheckName.NOT_ENDED, scene -> scene.now = TestWorld.MADE.plus(TestWorld.LIFETIME));
    FLAWS.put(CheckName.CHECKPOINT, scene -> scene.issuance.loggedBy(TestKey.INSTANCE));
    FLAWS.put(
        CheckName.LEAF_KIND,
        scene ->
            scene.issuance.leafOf(
                new LeafBody.DecisionDeny(
                    DenialCode.POLICY_DENIED,
                    "no-permit",
                    Optional.empty(),
                    Optional.empty(),
                    hash("policy"),
                    7)));
    FLAWS.put(
        CheckName.LEAF_AGREES,
        scene -> scene.issuance.decision(decision -> Decisions.epoch(decision, 8)));
    FLAWS.put(
        CheckName.INCLUSION,
        scene -> scene.issuance.proof(text -> Replace.once(text, "index 6\n", "index 5\n")));
    FLAWS.put(
        CheckName.GOVERNANCE,
        scene -> scene.seen.holding(StatusIssuance.valid().tree(99).at(-11).token()));
    FLAWS.put(CheckName.POLICY_EPOCH, scene -> scene.token.epochs(8, 9));
    FLAWS.put(CheckName.STATUS, scene -> scene.token.revoke(StatusIssuance.IDX));
    FLAWS.put(
        CheckName.POSSESSION,
        scene ->
            scene.presentation =
                scene.presentation.withPossession(
                    new Possession(TestKey.LOG.publicKey(), hash("nonce"), new byte[64])));
    FLAWS.put(
        CheckName.HOST,
        scene -> scene.host = host(scene.host, TestWorld.OTHER_AK, scene.host.resetCount()));
    FLAWS.put(
        CheckName.PCR_DIGEST,
        scene ->
            scene.host =
                new HostState(
                    scene.host.akName(),
                    scene.host.pcrs(),
                    hash("changed"),
                    scene.host.resetCount(),
                    scene.host.restartCount()));
    FLAWS.put(CheckName.BOOT, scene -> scene.host = host(scene.host, scene.host.akName(), 13));
    FLAWS.put(
        CheckName.ACTION,
        scene ->
            scene.action =
                new ActionAtHand(
                    "read",
                    scene.action.resource(),
                    scene.action.argsDigest(),
                    scene.action.amounts()));
    FLAWS.put(
        CheckName.LIMITS,
        scene ->
            scene.action =
                new ActionAtHand(
                    scene.action.action(),
                    scene.action.resource(),
                    scene.action.argsDigest(),
                    Map.of("amount", 5001L)));
    FLAWS.put(
        CheckName.OBLIGATIONS,
        scene -> scene.presentation = scene.presentation.withObligations(Set.of()));
    FLAWS.put(
        CheckName.PARENT,
        scene -> scene.presentation = scene.presentation.withParent(TestWorld.ROOT));
    FLAWS.put(CheckName.USE, scene -> scene.seen.answeringUses(() -> Seen.UseOutcome.EXHAUSTED));
  }

  private static HostState host(HostState host, AkName akName, long resetCount) {
    return new HostState(akName, host.pcrs(), host.pcrDigest(), resetCount, host.restartCount());
  }

  static Stream<Arguments> pairs() {
    List<CheckName> names = new ArrayList<>(FLAWS.keySet());
    return names.stream()
        .flatMap(
            first ->
                names.subList(names.indexOf(first) + 1, names.size()).stream()
                    .filter(second -> canBeTogether(first, second))
                    .map(second -> Arguments.of(first, second)));
  }

  /** No time is both before a permission's beginning and after its end. */
  private static boolean canBeTogether(CheckName first, CheckName second) {
    return first != CheckName.BEGUN || second != CheckName.NOT_ENDED;
  }

  @ParameterizedTest(name = "{0} before {1}")
  @MethodSource("pairs")
  void verify_twoThingsWrong_earlierCheckDecides(CheckName first, CheckName second) {
    Scene scene = new Scene();
    requireNonNull(FLAWS.get(second)).accept(scene);
    requireNonNull(FLAWS.get(first)).accept(scene);

    BundleVerifierDenialTest.assertDenied(scene.verify(), first.code(), first);
  }
}
