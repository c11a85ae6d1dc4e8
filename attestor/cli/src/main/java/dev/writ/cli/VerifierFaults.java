// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.Attester;
import dev.writ.agent.ExecGateway;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.ParentBundle;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillDoor;
import dev.writ.artifact.HostState;
import dev.writ.artifact.Possession;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What is wrong with what is shown to the verifier that every gateway uses, with no network. A real
 * bundle is shown on its host by its holder, who wants to run what it permits.
 */
final class VerifierFaults {
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private final DrillSite site;
  private final Drill drill;
  private final Attester attester;
  private final Attester anotherKey;
  private final DrillRequests requests;
  private final ExecGateway.Verification verifier;
  private final ProofBundle bundle;
  private final Artifact artifact;
  private final Presentation here;

  /**
   * Faults at a verifier on the host of {@code attester}.
   *
   * @param verifier what is tried
   */
  VerifierFaults(
      DrillSite site,
      Drill drill,
      Attester attester,
      Attester anotherKey,
      DrillRequests requests,
      ExecGateway.Verification verifier)
      throws Exception {
    this.site = site;
    this.drill = drill;
    this.attester = attester;
    this.anotherKey = anotherKey;
    this.requests = requests;
    this.verifier = verifier;
    this.bundle = requests.bundle();
    this.artifact = Artifact.parse(bundle.artifact());
    this.here = shown(artifact);
  }

  /** All that is demanded of an artifact where a program is to run under it. */
  private Presentation shown(Artifact shown) throws Exception {
    HostState host = attester.hostState(shown.claims().env().pcrs());
    Presentation.Audience audience = new Presentation.Audience.ExecutionHere(host);
    return Presentation.NOTHING
        .withAudience(audience)
        .withTenant(site.tenant())
        .withPossession(possession(attester, shown, audience))
        .withAction(ActionAtHand.of(shown.claims().act()))
        .withObligations(Set.of(ExecGateway.SEALED_COPY));
  }

  private Possession possession(Attester by, Artifact shown, Presentation.Audience audience)
      throws Exception {
    byte[] nonce = new byte[Hash.BYTES];
    site.random().nextBytes(nonce);
    return by.possess(Hash.of(nonce), shown.digest(), audience.name());
  }

  void tell() throws Exception {
    bytes();
    times();
    lineage();
    presentations();
    delegation();
    revocation();
    dev();
  }

  private void bytes() {
    drill.at(
        DrillDoor.VERIFIER,
        () -> verify(bundle),
        new Drill.Spoiled(
            DenialCode.ARTIFACT_MISSING, "nothing is shown", () -> verify(new byte[0], here)),
        new Drill.Spoiled(
            DenialCode.UNVERIFIABLE,
            "the bundle's last byte is missing",
            () -> verify(SpoiledBundle.cut(bundle), here)),
        new Drill.Spoiled(
            DenialCode.SIGNATURE_INVALID,
            "the artifact's signature is not over it",
            () -> verify(SpoiledBundle.signature(bundle))));
  }

  private void times() {
    drill.at(
        DrillDoor.VERIFIER,
        () -> verify(bundle),
        new Drill.Spoiled(
            DenialCode.NOT_YET_VALID,
            "the verifier's clock is before the artifact's beginning",
            () ->
                verifyAt(
                    artifact.claims().nbf().minus(site.trust().content().skew()).minus(MOMENT))),
        new Drill.Spoiled(
            DenialCode.EXPIRED,
            "the verifier's clock is at the artifact's end",
            () -> verifyAt(artifact.claims().exp())));
  }

  private void lineage() throws Exception {
    ProofBundle other = requests.bundle();
    drill.at(
        DrillDoor.VERIFIER,
        () -> verify(bundle),
        new Drill.Spoiled(
            DenialCode.LINEAGE_FRAGMENTED,
            "the leaf and its proof are another artifact's",
            () -> verify(SpoiledBundle.lineage(bundle, other))),
        new Drill.Spoiled(
            DenialCode.GOVERNANCE_DISCONTINUITY,
            "the bundle has no status token, and none was seen",
            () -> verify(SpoiledBundle.withoutStatus(bundle))));
  }

  private void presentations() throws Exception {
    Presentation anothers =
        here.withPossession(possession(anotherKey, artifact, here.audience().orElseThrow()));
    ActionAtHand action = here.action().orElseThrow();
    Presentation otherArguments =
        here.withAction(
            new ActionAtHand(
                action.action(),
                action.resource(),
                Hash.sha256(action.argsDigest().bytes()),
                action.amounts()));
    Presentation unmet =
        artifact.claims().gov().obligations().isEmpty()
            ? here.withObligations(
                new Presentation.Obligations(
                    Set.of(ExecGateway.SEALED_COPY), Set.of(ExecGateway.SEALED_COPY)))
            : here.withObligations(Set.of());
    Seen memory = new SeenInMemory();
    Drill.Once first =
        new Drill.Once(() -> Came.of(verifier.verify(bundle.toJson(), here, memory, now())));
    drill.at(
        DrillDoor.VERIFIER,
        first,
        new Drill.Spoiled(
            DenialCode.ENVIRONMENT_MISMATCH,
            "another key than the holder's is shown with it",
            () -> verify(bundle.toJson(), anothers)),
        new Drill.Spoiled(
            DenialCode.SCOPE_EXCEEDED,
            "other arguments than the permitted ones are wanted",
            () -> verify(bundle.toJson(), otherArguments)),
        new Drill.Spoiled(
            DenialCode.RUNTIME_CONDITION,
            "an obligation is not met here, or demanded and not there",
            () -> verify(bundle.toJson(), unmet)));
    drill.at(
        DrillDoor.VERIFIER,
        first,
        new Drill.Spoiled(
            DenialCode.REPLAYED,
            "it is used once more than it may be",
            () -> Came.of(verifier.verify(bundle.toJson(), here, memory, now()))));
  }

  /** A child's artifact is shown under its parent. */
  private void delegation() throws Exception {
    String fault = "an artifact of no parent is shown where one is running";
    Optional<Artifact> above = requests.parent().map(ParentBundle::artifact);
    if (above.isEmpty()) {
      drill.needsDemo(DrillDoor.VERIFIER, DenialCode.AUTHORIZATION_DISCONTINUITY, fault);
      return;
    }
    UuidV7 parent = above.get().claims().jti();
    drill.at(
        DrillDoor.VERIFIER,
        () -> {
          Answer<ProofBundle> child = requests.send(requests.answerUnder(above.get()));
          if (!(child instanceof Answer.Granted<ProofBundle> granted)) {
            return Came.of(child);
          }
          Artifact narrowed = Artifact.parse(granted.value().artifact());
          return verify(granted.value().toJson(), shown(narrowed).withParent(parent));
        },
        new Drill.Spoiled(
            DenialCode.AUTHORIZATION_DISCONTINUITY,
            fault,
            () ->
                verify(
                    bundle.toJson(), here.withParent(UuidV7.next(site.clock(), site.random())))));
  }

  private void revocation() throws Exception {
    String fault = "it was revoked, and the newest status token is held";
    if (site.operator().isEmpty()) {
      drill.needsDemo(DrillDoor.VERIFIER, DenialCode.REVOKED, fault);
      return;
    }
    OperatorClient operator = site.operator().get();
    ProofBundle revoked = requests.bundle();
    Artifact withdrawn = Artifact.parse(revoked.artifact());
    Presentation withdrawnHere = shown(withdrawn);
    Drill.Once before = new Drill.Once(() -> verify(revoked.toJson(), withdrawnHere));
    var unused = before.come();
    var unusedRevoked =
        DeniedException.granted(
            operator.revoke(withdrawn.claims().jti(), RevocationReason.SUPERSEDED.wire()));
    // A bundle of the same list brings the token that says so.
    Optional<String> newest = requests.bundle().statusListToken();
    drill.at(
        DrillDoor.VERIFIER,
        before,
        new Drill.Spoiled(
            DenialCode.REVOKED,
            fault,
            () -> verify(SpoiledBundle.withStatus(revoked, newest).toJson(), withdrawnHere)));
  }

  private void dev() throws Exception {
    String fault = "a dev artifact is shown to a verifier that is not dev";
    Optional<BundleVerifier> hardware =
        HardwareTrust.of(site.trust().content()).map(BundleVerifier::of);
    if (hardware.isEmpty()) {
      drill.needsDemo(DrillDoor.VERIFIER, DenialCode.ENVIRONMENT_UNTRUSTED, fault);
      return;
    }
    drill.at(
        DrillDoor.VERIFIER,
        () -> verify(bundle),
        new Drill.Spoiled(
            DenialCode.ENVIRONMENT_UNTRUSTED,
            fault,
            () ->
                Came.of(hardware.get().verify(bundle.toJson(), here, new SeenInMemory(), now()))));
  }

  private Came verify(ProofBundle shown) {
    return verify(shown.toJson(), here);
  }

  private Came verify(byte[] shown, Presentation presentation) {
    return Came.of(verifier.verify(shown, presentation, new SeenInMemory(), now()));
  }

  private Came verifyAt(Instant moment) {
    return Came.of(verifier.verify(bundle.toJson(), here, new SeenInMemory(), moment));
  }

  private Instant now() {
    return site.clock().instant();
  }
}
