// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.AkName;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.HostState;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.ClockInfo;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.tlog.Hash;
import dev.writ.tpm.SignedAttest;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;

/** What this host's TPM and logs say of it. */
final class HostEvidence {
  private static final int NONCE_BYTES = 32;

  private final Tpm tpm;
  private final EnrolledAk attestationKey;
  private final HeldKey key;
  private final MeasurementLogs logs;
  private final Optional<ImaList> imaList;
  private final SecureRandom random;

  /**
   * What this host says of itself by these.
   *
   * @param key which its Evidence certifies
   * @param imaList how far it was told of, where there is one among {@code logs}
   */
  HostEvidence(
      Tpm tpm,
      EnrolledAk attestationKey,
      HeldKey key,
      MeasurementLogs logs,
      Optional<ImaList> imaList,
      SecureRandom random) {
    this.tpm = tpm;
    this.attestationKey = attestationKey;
    this.key = key;
    this.logs = logs;
    this.imaList = imaList;
    this.random = random;
  }

  /**
   * Evidence.
   *
   * @param list the part of the measurement list that is in it
   */
  record Gathered(Evidence evidence, Optional<ImaList.Part> list) {}

  /**
   * Answers a challenge, bound to a request of the key's.
   *
   * @param listAnew whether the measurement list is told of from its first entry
   */
  Gathered answering(Challenge challenge, ExecutionRequest request, boolean listAnew)
      throws TpmException, AttestationFailedException {
    Hash qualifyingData =
        EvidenceBinding.qualifyingData(
            Hash.of(challenge.nonce().bytes()), request.digest(), key.jkt());
    Measurement measurement =
        Measurement.take(tpm, attestationKey, challenge.selection(), qualifyingData.bytes());
    SignedAttest certified = key.certification();
    Evidence.Builder evidence =
        Evidence.builder()
            .quote(measurement.quote().attest(), measurement.quote().signature())
            .pcrValues(measurement.verified().values())
            .keyCertification(key.publicArea(), certified.attest(), certified.signature());
    logs.readBootLog().ifPresent(evidence::bootLog);
    Optional<ImaList.Part> list =
        imaList.isPresent() && ImaList.isAskedFor(challenge.selection())
            ? imaList.get().after(measurement.verified(), listAnew)
            : Optional.empty();
    list.ifPresent(part -> evidence.imaList(part.segment().encode()));
    try {
      return new Gathered(evidence.build(), list);
    } catch (MalformedEvidenceException e) {
      throw new AttestationFailedException("this host's own evidence cannot be read", e);
    }
  }

  /** The service has it: what comes next is told of from there. */
  void told(ImaList.Part part) {
    imaList.orElseThrow().keep(part.reached());
  }

  /** As {@link Attester#hostState(PcrSelection)}. */
  HostState stateNow(PcrSelection selection) throws TpmException, AttestationFailedException {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    Measurement measurement = Measurement.take(tpm, attestationKey, selection, nonce);
    ClockInfo clock = measurement.verified().clockInfo();
    return new HostState(
        AkName.of(attestationKey.name().bytes()),
        selection.banks().stream().map(HostEvidence::bank).toList(),
        Hash.of(measurement.verified().pcrDigest().value().bytes()),
        clock.resetCount(),
        clock.restartCount());
  }

  private static PcrBankSelection bank(PcrSelection.Bank bank) {
    return new PcrBankSelection(
        PcrBankSelection.Bank.valueOf(bank.hash().text().toUpperCase(Locale.ROOT)), bank.indices());
  }

  /** As a TPM is asked for it. */
  static PcrSelection.Bank bank(PcrBankSelection pcrs) {
    int mask = 0;
    for (int index : pcrs.selection()) {
      mask |= 1 << index;
    }
    return new PcrSelection.Bank(TpmAlg.valueOf(pcrs.bank().name()), mask);
  }
}
