// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Environment;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Governance;
import dev.writ.artifact.Lineage;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.TokenStatus;
import dev.writ.ledger.GovernanceMode;
import dev.writ.policy.Decision;
import dev.writ.policy.Obligation;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Signs artifacts with the issuer's key, which never leaves its token. It signs nothing but what a
 * policy allowed: {@link #sign} takes the {@link Decision.Allow}.
 */
final class ArtifactSigner {

  private final KeysInUse keys;
  private final SignatureCounts counts;
  private final String logOrigin;
  private final Governance.Mode mode;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Telemetry telemetry;

  ArtifactSigner(
      KeysInUse keys,
      SignatureCounts counts,
      String logOrigin,
      Governance.Mode mode,
      InstantSource clock,
      SecureRandom random,
      Telemetry telemetry) {
    this.keys = keys;
    this.counts = counts;
    this.logOrigin = logOrigin;
    this.mode = mode;
    this.clock = clock;
    this.random = random;
    this.telemetry = telemetry;
  }

  /** Completes once the key that signs is the ledger's, where it is being changed. */
  CompletionStage<Void> settled() {
    return keys.settled();
  }

  /** Why nothing would be signed now, where that is known without asking the token. */
  Optional<Denial> away() {
    return keys.issuer().key().tokenStatus() instanceof TokenStatus.Away away
        ? Optional.of(
            Denial.unavailable(
                "token_away",
                "the token must be connected, and has not been for "
                    + away.duration().toMillis()
                    + " ms: "
                    + away.cause().getMessage()))
        : Optional.empty();
  }

  /**
   * The artifact of a permission.
   *
   * @param status the bit that will withdraw it, if ever
   */
  Signing sign(Decision.Allow allow, Grounds grounds, StatusReference status) {
    long began = System.nanoTime();
    KeysInUse.InUse issuer = keys.issuer();
    Artifact.Unsigned unsigned =
        new Artifact.Unsigned(
            issuer.kid(),
            claims(
                allow,
                grounds,
                new Chosen(
                    UuidV7.next(clock, random),
                    grounds
                        .renewal()
                        .map(Renewal::execution)
                        .orElseGet(() -> UuidV7.next(clock, random)),
                    Optional.of(status),
                    logOrigin,
                    mode)));
    try {
      Artifact artifact = unsigned.signed(signature(issuer.key(), unsigned.signingInput()));
      telemetry.ended(Telemetry.Stage.SIGN, began);
      return new Signing.Signed(artifact, issuer.key().spec());
    } catch (HsmException e) {
      return new Signing.Failed(e);
    }
  }

  /** Notes what became of an artifact that was signed here. */
  void ended(Signing.Signed signed, SignatureCounts.Fate fate) {
    counts.ended(signed.key(), fate);
  }

  private byte[] signature(HsmKey key, byte[] input) throws HsmException {
    long began = System.nanoTime();
    byte[] signature = counts.signed(SignatureCounts.Kind.ARTIFACT, key, input);
    telemetry.signed(System.nanoTime() - began);
    return signature;
  }

  /**
   * What of an artifact follows from nothing else.
   *
   * @param jti its identity
   * @param execution that of the execution
   * @param status the bit that will withdraw it
   * @param logOrigin name of the ledger
   * @param mode of the service, day to day
   */
  record Chosen(
      UuidV7 jti,
      UuidV7 execution,
      Optional<StatusReference> status,
      String logOrigin,
      Governance.Mode mode) {}

  /** What the artifact of a permission says. */
  static ArtifactClaims claims(Decision.Allow allow, Grounds grounds, Chosen chosen) {
    ExecutionRequest request = grounds.application().request();
    Instant iat = grounds.decided().truncatedTo(ChronoUnit.SECONDS);
    Optional<GovernanceMode.Breakglass> breakglass =
        grounds.policy().mode().running(grounds.decided());
    return new ArtifactClaims(
        request.iss(),
        request.sub(),
        request.aud(),
        iat,
        iat,
        end(allow, grounds, iat, breakglass),
        chosen.jti(),
        request.jkt(),
        request.tenant(),
        request.act(),
        environment(grounds.quote(), grounds.keyStorage()),
        grounds.policy().reference(),
        new Governance(
            // Whom the policy was shown; where nobody is known, the host asked by itself.
            allow
                .inputs()
                .governance()
                .initiator()
                .or(() -> grounds.parent().map(above -> above.claims().gov().initiator()))
                .orElse("host:" + grounds.host().name()),
            approvals(breakglass, grounds.approvals()),
            obligations(allow, grounds.parent()),
            grounds
                .parent()
                .map(above -> above.mode(mode(chosen.mode(), breakglass.isPresent())))
                .orElse(mode(chosen.mode(), breakglass.isPresent()))),
        grounds
            .parent()
            .map(above -> above.lineage(chosen.execution()))
            .orElse(Lineage.rootOf(chosen.execution())),
        chosen.status(),
        chosen.logOrigin(),
        grounds.result().embedded());
  }

  /** What whoever honours the artifact must do. */
  static List<String> obligations(Decision.Allow allow, Optional<ParentGrant> parent) {
    List<String> own = allow.obligations().stream().map(Obligation::wire).toList();
    return parent.map(above -> above.obligations(own)).orElse(own);
  }

  /** How old the attestation may become, by the policy and by the artifact under which it was asked. */
  static Optional<Duration> lease(Decision.Allow allow, Optional<ParentGrant> parent) {
    return Stream.concat(
            allow.lease().stream(), parent.flatMap(above -> above.claims().lease()).stream())
        .min(Comparator.naturalOrder());
  }

  /** Whether there is a whole second left of the lease, if there is one. */
  static boolean outlives(
      Decision.Allow allow, Optional<ParentGrant> parent, Challenge answered, Instant now) {
    return lease(allow, parent)
        .map(maxAge -> leaseEnd(answered, maxAge).isAfter(now.truncatedTo(ChronoUnit.SECONDS)))
        .orElse(true);
  }

  /** A quote may be as old as the challenge that it answers. */
  private static Instant leaseEnd(Challenge answered, Duration maxAge) {
    return Challenges.issued(answered).plus(maxAge).truncatedTo(ChronoUnit.SECONDS);
  }

  /**
   * What is permitted under a break-glass ends with it: it began and ends at whole seconds. What is asked
   * under another artifact ends no later than that, and no attestation lasts longer than its lease.
   */
  private static Instant end(
      Decision.Allow allow,
      Grounds grounds,
      Instant iat,
      Optional<GovernanceMode.Breakglass> breakglass) {
    Instant usual = iat.plus(allow.lifetime());
    return Stream.of(
            Optional.of(usual),
            breakglass.map(GovernanceMode.Breakglass::ends),
            grounds.parent().map(above -> above.claims().exp()),
            lease(allow, grounds.parent())
                .map(maxAge -> leaseEnd(grounds.application().challenge(), maxAge)))
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder())
        .orElse(usual);
  }

  /** Who let it happen besides the policy: the signers of a grant, and who approved the request. */
  private static List<String> approvals(
      Optional<GovernanceMode.Breakglass> breakglass, CountedApprovals counted) {
    List<String> approvals =
        new ArrayList<>(breakglass.map(ArtifactSigner::named).stream().toList());
    counted.seen().forEach(approval -> approvals.add(approval.id().toString()));
    return approvals;
  }

  /** The grant as {@code gov.approvals} names it: its signers approved what is decided under it. */
  private static String named(GovernanceMode.Breakglass breakglass) {
    return Governance.OF_BREAKGLASS + breakglass.grant().hex();
  }

  /** A dev artifact says above all that it is one. */
  static Governance.Mode mode(Governance.Mode usual, boolean breakglass) {
    return breakglass && usual == Governance.Mode.STANDARD ? Governance.Mode.BREAK_GLASS : usual;
  }

  private static Environment environment(VerifiedQuote quote, Environment.KeyStorage keyStorage) {
    return new Environment(
        AkName.of(quote.ak().name().bytes()),
        pcrs(quote.selection()),
        Hash.of(quote.pcrDigest().value().bytes()),
        quote.clockInfo().resetCount(),
        quote.clockInfo().restartCount(),
        keyStorage);
  }

  /** A selection as artifacts and leaves spell it. */
  static List<PcrBankSelection> pcrs(PcrSelection selection) {
    return selection.banks().stream().map(ArtifactSigner::bank).toList();
  }

  private static PcrBankSelection bank(PcrSelection.Bank bank) {
    return new PcrBankSelection(
        PcrBankSelection.Bank.valueOf(bank.hash().text().toUpperCase(Locale.ROOT)), bank.indices());
  }
}
