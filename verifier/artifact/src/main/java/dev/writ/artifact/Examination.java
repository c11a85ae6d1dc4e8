// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One bundle under examination: each check, and what the checks before it made of the bytes. {@link
 * BundleVerifier} says in which order they are made; a check may rest on every one before it.
 */
final class Examination {
  private final Beliefs beliefs;
  private final byte[] bytes;
  private final Presentation presentation;
  private final Seen seen;
  private final Instant now;
  private final StatusExamination status;

  private @Nullable ProofBundle bundle;
  private @Nullable CompactJws jws;
  private @Nullable Hash kid;
  private Beliefs.@Nullable SigningKey key;
  private @Nullable Artifact artifact;
  private @Nullable TlogProof proof;
  private @Nullable TrustedCheckpoint checkpoint;
  private LeafBody.@Nullable DecisionAllow decision;

  Examination(Beliefs beliefs, byte[] bytes, Presentation presentation, Seen seen, Instant now) {
    this.beliefs = beliefs;
    this.bytes = bytes;
    this.presentation = presentation;
    this.seen = seen;
    this.now = now;
    this.status = new StatusExamination(beliefs, seen, now);
  }

  /** What the earlier checks made, once they passed. */
  Artifact artifact() {
    return made(artifact);
  }

  Finding given() {
    return Finding.of(bytes.length > 0, "a proof bundle", bytes.length + " bytes");
  }

  Finding bundleForm() {
    try {
      bundle = ProofBundle.parse(bytes);
      return Finding.passed("a proof bundle, version 1", ProofBundle.MEDIA_TYPE);
    } catch (MalformedBundleException e) {
      return Finding.failed("a proof bundle, version 1", e.getMessage());
    }
  }

  Finding jwsForm() {
    String expected = "a JWS with header alg ES256, kid, typ " + Artifact.TYPE;
    try {
      jws = CompactJws.parse(made(bundle).artifact(), Artifact.MAX_LENGTH);
      kid = jws.kid(Artifact.TYPE);
      return Finding.passed(expected, "one");
    } catch (MalformedJwsException e) {
      return Finding.failed(expected, new MalformedArtifactException(e).getMessage());
    }
  }

  Finding signature() {
    return IssuerSignature.judge(beliefs, made(jws), made(kid), found -> key = found);
  }

  Finding claimsForm() {
    try {
      artifact = Artifact.of(made(jws), made(kid));
      return Finding.passed("claims, each valid", "artifact " + claims().jti());
    } catch (MalformedArtifactException e) {
      return Finding.failed("claims, each valid", e.getMessage());
    }
  }

  /** A proof that cannot be read proves nothing about a compromised key's artifact. */
  Finding key() {
    Beliefs.SigningKey signer = made(key);
    if (signer.trusted().compromisedFrom().isEmpty()) {
      return IssuerSignature.judgeWindow(signer, now);
    }
    try {
      long index = TlogProof.parse(made(bundle).tlogProof()).index();
      return IssuerSignature.judgeWindow(signer, index, now);
    } catch (MalformedProofException e) {
      return IssuerSignature.judgeWindow(signer, now);
    }
  }

  Finding issuer() {
    String expected = beliefs.content().issuer();
    return Finding.of(claims().iss().equals(expected), "iss " + expected, claims().iss());
  }

  Finding audience() {
    List<String> aud = claims().aud();
    if (presentation.audience().isEmpty()) {
      return Finding.notAsked("aud names this Relying Party", aud.toString());
    }
    Presentation.Audience audience = presentation.audience().get();
    if (audience instanceof Presentation.Audience.ServiceJudged) {
      String issuer = beliefs.content().issuer();
      return Finding.of(aud.equals(List.of(issuer)), "aud of " + issuer + " alone", aud.toString());
    }
    if (audience instanceof Presentation.Audience.Gateway gateway) {
      if (gateway.name().equals(beliefs.content().issuer())) {
        return Finding.failed(
            "aud with a gateway's own name, which the issuer's is not", aud.toString());
      }
      return Finding.of(aud.contains(gateway.name()), "aud with " + gateway.name(), aud.toString());
    }
    return Finding.of(
        aud.stream().anyMatch(ExecAudience::isWellFormed),
        "aud with " + ExecAudience.PREFIX + " and the name of an attestation key",
        aud.toString());
  }

  Finding tenant() {
    String tenant = claims().tenant();
    return presentation
        .tenant()
        .map(expected -> Finding.of(tenant.equals(expected), "tenant " + expected, tenant))
        .orElseGet(() -> Finding.notAsked("of this tenant", tenant));
  }

  Finding assurance() {
    TrustContent.Assurance assurance = beliefs.content().assurance();
    Governance.Mode mode = claims().gov().mode();
    return Finding.of(
        assurance == TrustContent.Assurance.DEV || mode != Governance.Mode.DEV,
        assurance == TrustContent.Assurance.DEV ? "any mode: this trust file is dev" : "not dev",
        "mode " + mode.wire());
  }

  /** {@code iat} is not after {@code nbf} in any claims set, so that {@code nbf} says both. */
  Finding begun() {
    Instant begin = claims().nbf();
    return Finding.of(
        !begin.minus(beliefs.content().skew()).isAfter(now),
        "nbf not after " + now + " by more than " + beliefs.content().skew(),
        begin.toString());
  }

  /** No skew is granted here: a permission never lasts longer than it says. */
  Finding notEnded() {
    return Finding.of(now.isBefore(claims().exp()), "exp after " + now, claims().exp().toString());
  }

  Finding checkpoint() {
    String expected = "a checkpoint that the log policy trusts, of " + claims().logOrigin();
    try {
      proof = TlogProof.parse(made(bundle).tlogProof());
    } catch (MalformedProofException e) {
      return Finding.failed(expected, e.getMessage());
    }
    CheckpointOutcome outcome = beliefs.verifyCheckpoint(made(proof).note(), now);
    if (outcome instanceof CheckpointOutcome.Refused refused) {
      return Finding.failed(expected, refused.reason());
    }
    checkpoint = (TrustedCheckpoint) outcome;
    String origin = made(checkpoint).checkpoint().origin();
    return Finding.of(
        origin.equals(claims().logOrigin()),
        expected,
        origin + ", size " + made(checkpoint).checkpoint().size());
  }

  Finding leafKind() {
    String expected = "a leaf of kind " + LeafKind.DECISION_ALLOW.wire();
    try {
      Leaf leaf = Leaf.parse(made(bundle).leaf());
      if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
        decision = allow;
      }
      return Finding.of(decision != null, expected, leaf.kind().wire());
    } catch (MalformedLeafException e) {
      return Finding.failed(expected, e.getMessage());
    }
  }

  Finding leafAgrees() {
    LeafBody.DecisionAllow leaf = made(decision);
    String expected =
        "leaf and artifact with one jti, parent, artifact, request and policy digest, epoch";
    if (!leaf.jti().equals(claims().jti())) {
      return Finding.failed(expected, "jti " + leaf.jti() + " and " + claims().jti());
    }
    Optional<UuidV7> parent = claims().lineage().parent();
    if (!leaf.parent().equals(parent)) {
      return Finding.failed(expected, "parent " + named(leaf.parent()) + " and " + named(parent));
    }
    if (leaf.epoch() != claims().policy().epoch()) {
      return Finding.failed(
          expected, "epoch " + leaf.epoch() + " and " + claims().policy().epoch());
    }
    return agree(expected, "artifact_digest", leaf.artifactDigest(), artifact().digest())
        .or(() -> agree(expected, "policy_digest", leaf.policyDigest(), claims().policy().digest()))
        .or(
            () ->
                agree(
                    expected, "request_digest", leaf.requestDigest(), claims().request().digest()))
        .orElseGet(() -> Finding.passed(expected, "the same"));
  }

  private static String named(Optional<UuidV7> parent) {
    return parent.map(UuidV7::toString).orElse("none");
  }

  /** Nothing where the two are equal. */
  private static Optional<Finding> agree(String expected, String what, Hash leaf, Hash artifact) {
    return leaf.equals(artifact)
        ? Optional.empty()
        : Optional.of(Finding.failed(expected, what + " " + leaf + " and " + artifact));
  }

  Finding inclusion() {
    ProofOutcome outcome =
        made(proof)
            .inclusion()
            .verify(MerkleTree.leafHash(made(bundle).leaf()), made(checkpoint).checkpoint().root());
    String expected = "the leaf in the checkpoint's tree";
    return outcome instanceof ProofOutcome.NotProven not
        ? Finding.failed(expected, not.reason())
        : Finding.passed(expected, "index " + made(proof).index());
  }

  Finding governance() {
    return status.governance(
        claims().status(),
        made(bundle).statusListToken(),
        Optional.of(made(checkpoint).checkpoint()));
  }

  Finding policyEpoch() {
    return status.policyEpoch(claims().policy());
  }

  Finding status() {
    return status.withdrawn(claims(), made(proof).index());
  }

  Finding possession() {
    if (presentation.possession().isEmpty()) {
      return Finding.notAsked("a signature by the key of cnf.jkt", "nobody shows one");
    }
    Possession possession = presentation.possession().get();
    String expected =
        "a signature by the key of cnf.jkt over this presentation's nonce and audience";
    if (presentation.audience().isEmpty()) {
      return Finding.failed(expected, "no audience is demanded that it could be for");
    }
    String audience = presentation.audience().get().name();
    try {
      if (!JwkThumbprint.of(possession.key()).equals(claims().jkt())) {
        return Finding.failed(expected, "the key shown is another");
      }
      byte[] message = Possession.message(possession.nonce(), artifact().digest(), audience);
      boolean verified =
          beliefs.verifierOf(possession.key()).verifyP1363(message, possession.signature());
      return Finding.of(verified, expected, verified ? "one" : "the signature is not over it");
    } catch (IllegalArgumentException e) {
      return Finding.failed(expected, "the key shown is no key of P-256");
    }
  }

  Finding host() {
    return hostHere().host();
  }

  Finding pcrDigest() {
    return hostHere().pcrDigest();
  }

  Finding boot() {
    return hostHere().boot();
  }

  private HostExamination hostHere() {
    return new HostExamination(claims(), presentation);
  }

  Finding action() {
    return actionHere().action();
  }

  Finding limits() {
    return actionHere().limits();
  }

  Finding obligations() {
    return actionHere().obligations();
  }

  private ActionExamination actionHere() {
    return new ActionExamination(claims(), presentation);
  }

  Finding parent() {
    Finding parent =
        new ParentExamination(beliefs, seen, now).judge(presentation.parent(), claims());
    boolean shown = presentation.parent().flatMap(Presentation.ParentHere::bundle).isPresent();
    return shown && parent.outcome() == Check.Outcome.PASSED ? stillStanding(parent) : parent;
  }

  /** A parent's bundle may have brought a newer token than the one by which the child was judged. */
  private Finding stillStanding(Finding parent) {
    Finding fresh = governance();
    if (fresh.outcome() == Check.Outcome.FAILED) {
      return fresh.as(CheckName.GOVERNANCE.code());
    }
    Finding stands = status();
    return stands.outcome() == Check.Outcome.FAILED ? stands.as(CheckName.STATUS.code()) : parent;
  }

  Finding use() {
    Act act = claims().act();
    if (!act.countsUses()) {
      return Finding.notAsked("a use left", "the artifact does not count uses");
    }
    String expected = "fewer than " + act.maxUses() + " uses before";
    if (claims().aud().equals(List.of(claims().iss()))) {
      return redeemed(expected);
    }
    return switch (seen.recordUse(claims().jti(), act.maxUses(), claims().exp())) {
      case RECORDED -> Finding.passed(expected, "one more recorded");
      case EXHAUSTED -> Finding.failed(expected, "used as often as it may be");
      case UNAVAILABLE -> Finding.unverifiable(expected, "the record of uses cannot be written");
      case NOT_ASKED -> Finding.notAsked(expected, "nothing is used here");
    };
  }

  /** The service is the one Relying Party that it names, and so the one that counts. */
  private Finding redeemed(String expected) {
    Redemption redemption = seen.redeem(artifact());
    if (redemption instanceof Redemption.Taken taken) {
      return Finding.passed(expected, "one taken at the service, leaf " + taken.leafIndex());
    } else if (redemption instanceof Redemption.Denied denied) {
      return Finding.denied(denied.code(), expected, denied.why());
    }
    return Finding.notAsked(expected, "nothing is used here");
  }

  private ArtifactClaims claims() {
    return made(artifact).claims();
  }

  private static <T> T made(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("bug: a check was made before one that it rests on");
    }
    return value;
  }
}
