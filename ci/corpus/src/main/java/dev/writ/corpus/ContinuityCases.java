// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.ContinuityOutcome;
import dev.writ.evidence.ContinuityVerifier;
import dev.writ.evidence.ContinuityVerifier.LastQuote;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtSignature;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.fixtures.SoftwareTpm.Timing;
import dev.writ.fixtures.SoftwareTpmKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** 41, 42 and 44: quotes that cannot follow upon what was last seen of their TPM. */
final class ContinuityCases {
  /** A quote that is believed, and with which what was issued before holds no more. */
  private static final String NEW_BOOT = "new_boot";

  private static final PcrSelection SELECTION = PcrSelection.of(TpmAlg.SHA256, 0, 7);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration TWO_MINUTES = Duration.ofMinutes(2);
  private static final Timing BEFORE = new Timing(10_000_000, 7, 3, true);

  private final ServiceUnderTest service;
  private final SoftwareTpm tpm = newTpm();
  private final SoftwareTpm ownersTpm = newTpm();
  private final SoftwareTpmKey key = SoftwareTpmKey.attestation();

  ContinuityCases(ServiceUnderTest service) {
    this.service = service;
    ownersTpm.useOwnerKeys();
  }

  private static SoftwareTpm newTpm() {
    return SoftwareTpm.manufacture(
        EndorsementAuthority.create(CorpusCa.NOW, new SecureRandom()),
        InstantSource.fixed(CorpusCa.NOW));
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(
            41, Level.VERIFIER, "quote older than the challenge by Clock", this::older),
        new NegativeCase(
            42,
            Level.VERIFIER,
            "resetCount lower, restartCount lower, Clock backwards",
            this::lower),
        new NegativeCase(
            44, Level.VERIFIER, "obfuscated counters treated as plain", this::obfuscated),
        ours(42, "resetCount lower, restartCount lower, Clock backwards", this::restored),
        ours(44, "attestation key of the owner's hierarchy", this::ownersKey));
  }

  private NegativeCase ours(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(
        number,
        Level.SERVICE,
        title,
        tries -> {
          if (service.isOurs()) {
            body.run(tries);
          } else {
            tries.skip(service.absence());
          }
        });
  }

  /** Of a primary key of the endorsement hierarchy, which it shows. */
  private Observed follows(Timing now, Duration challenged) throws MalformedEvidenceException {
    EnrolledAk ak = ak();
    return follows(
        tpm,
        ak.withQualifiedName(ak.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY)),
        now,
        challenged);
  }

  /** How a quote follows upon {@link #BEFORE}, challenged so long after that was seen. */
  private Observed follows(SoftwareTpm asked, EnrolledAk ak, Timing now, Duration challenged)
      throws MalformedEvidenceException {
    Instant seen = CorpusCa.NOW;
    LastQuote last = new LastQuote(quote(asked, ak, BEFORE).clockInfo(), seen, seen);
    ContinuityOutcome outcome =
        ContinuityVerifier.judge(Optional.of(last), quote(asked, ak, now), seen.plus(challenged));
    if (outcome instanceof ContinuityOutcome.Refused refused) {
      return Observed.refused(refused.reason());
    }
    return outcome instanceof ContinuityOutcome.NewBoot
        ? Observed.refused(NEW_BOOT)
        : Observed.ACCEPTED;
  }

  private EnrolledAk ak() throws MalformedEvidenceException {
    return (EnrolledAk) EnrolledAk.of(key.publicArea());
  }

  private VerifiedQuote quote(SoftwareTpm asked, EnrolledAk ak, Timing timing)
      throws MalformedEvidenceException {
    asked.restore(timing);
    byte[] data = Statement.QUALIFYING_DATA;
    SoftwareTpm.Statement quote = asked.quote(key, SELECTION.encode(), data);
    List<TpmDigest> values =
        List.of(
            TpmDigest.of(TpmAlg.SHA256, asked.pcr(0)), TpmDigest.of(TpmAlg.SHA256, asked.pcr(7)));
    return (VerifiedQuote)
        QuoteVerifier.verify(
            TpmsAttest.parse(quote.attest()),
            TpmtSignature.parse(quote.signature()),
            new PcrValues(SELECTION, values),
            ak,
            data,
            SELECTION);
  }

  private static Timing later(long millis) {
    return new Timing(BEFORE.clock() + millis, 7, 3, true);
  }

  private void older(Tries tries) {
    Duration hour = Duration.ofHours(1);
    tries.accepted("Clock advanced with time", () -> follows(later(3_600_000), hour));
    tries.accepted("as little as a TPM may", () -> follows(later(2_280_000), hour));
    tries.refused("less", "quote_older_than_challenge", () -> follows(later(2_279_999), hour));
    tries.refused("not at all", "quote_older_than_challenge", () -> follows(BEFORE, hour));
    tries.refused("not at all, a boot later", NEW_BOOT, () -> follows(counts(8, 0), hour));
  }

  private static Timing counts(int resets, int restarts) {
    return new Timing(BEFORE.clock(), resets, restarts, true);
  }

  private void lower(Tries tries) {
    tries.refused("resetCount", "reset_count_lower", () -> follows(counts(6, 3), SOON));
    tries.refused("resetCount of zero", "reset_count_lower", () -> follows(counts(0, 0), SOON));
    tries.refused("restartCount", "restart_count_lower", () -> follows(counts(7, 2), SOON));
    tries.refused("Clock", "clock_backwards", () -> follows(later(-60_001), SOON));
    tries.refused(
        "Clock, two minutes later", "clock_backwards", () -> follows(later(-1), TWO_MINUTES));
    tries.refused(
        "Clock, a boot later",
        "clock_backwards",
        () -> follows(new Timing(BEFORE.clock() - 1, 8, 0, true), SOON));
    tries.refused(
        "Clock, which is not safe",
        "clock_backwards",
        () -> follows(new Timing(1, 7, 3, false), SOON));
    tries.refused(
        "Clock, which is not safe, a boot later",
        NEW_BOOT,
        () -> follows(new Timing(1, 8, 0, false), SOON));
    tries.refused(
        "resetCount, and Clock is not safe",
        "reset_count_lower",
        () -> follows(new Timing(1, 6, 3, false), SOON));
    tries.refused("resetCount higher", NEW_BOOT, () -> follows(counts(8, 0), SOON));
    tries.refused("restartCount higher", NEW_BOOT, () -> follows(counts(7, 4), SOON));
    tries.accepted("all as they were", () -> follows(BEFORE, SOON));
  }

  private void obfuscated(Tries tries) throws Exception {
    EnrolledAk ak = ak();
    for (int[] counts : new int[][] {{6, 3}, {8, 3}, {7, 2}, {7, 4}, {0, 0}}) {
      tries.refused(
          counts[0] + " resets and " + counts[1] + " restarts after 7 and 3",
          NEW_BOOT,
          () -> follows(ownersTpm, ak, counts(counts[0], counts[1]), SOON));
    }
    tries.accepted("the same counts", () -> follows(ownersTpm, ak, BEFORE, SOON));
    tries.refused(
        "Clock, which is never so",
        "clock_backwards",
        () -> follows(ownersTpm, ak, later(-60_001), SOON));
  }

  private void restored(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    tries.accepted("the first", () -> host.attest().observed());
    Timing now = host.tpm().timing();
    host.tpm().restore(new Timing(now.clock(), now.resetCount() - 1, now.restartCount(), true));
    tries.refused("resetCount", "reset_count_lower", () -> host.attest().observed());
    host.tpm().restore(new Timing(now.clock(), now.resetCount(), now.restartCount() - 1, true));
    tries.refused("restartCount", "restart_count_lower", () -> host.attest().observed());
    host.tpm().restore(new Timing(1, now.resetCount(), now.restartCount(), true));
    tries.refused("Clock", "clock_backwards", () -> host.attest().observed());
    host.tpm().restore(new Timing(now.clock(), now.resetCount() + 1, 0, true));
    tries.accepted("a boot later", () -> host.attest().observed());
  }

  private void ownersKey(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    tries.accepted("of the endorsement hierarchy", () -> host.attest().observed());
    host.tpm().useOwnerKeys();
    tries.refused("of the owner's", "qualified_signer_mismatch", () -> host.attest().observed());
  }
}
