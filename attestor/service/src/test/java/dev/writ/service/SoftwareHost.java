// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.GrubBoot;
import dev.writ.fixtures.SoftwareTpm;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A host with a {@link SoftwareTpm}, in the verifier's types: one attestation key, one instance key,
 * and the boot log that all hosts of these tests have.
 */
final class SoftwareHost {
  final String name;
  final SoftwareKey ak;
  final SoftwareKey instanceKey;
  final TpmtPublic ek;
  final Octets ekCertificate;
  private final SoftwareTpm tpm;
  private Optional<byte[]> bootLog = Optional.empty();
  private Optional<byte[]> imaSegment = Optional.empty();

  SoftwareHost(String name, EndorsementAuthority maker) {
    this(name, maker, SoftwareKey.attestation());
  }

  SoftwareHost(String name, EndorsementAuthority maker, SoftwareKey ak) {
    this(SoftwareTpm.manufacture(maker), name, ak, SoftwareKey.instance());
  }

  /** Its TPM's Clock advances as {@code time} does. */
  SoftwareHost(String name, EndorsementAuthority maker, InstantSource time) {
    this(
        SoftwareTpm.manufacture(maker, time),
        name,
        SoftwareKey.attestation(),
        SoftwareKey.instance());
  }

  private SoftwareHost(SoftwareTpm tpm, String name, SoftwareKey ak, SoftwareKey instanceKey) {
    this(name, tpm, ak, instanceKey);
    BootLog.EVENTS.forEach(this::extend);
  }

  /** That has measured nothing yet. */
  private SoftwareHost(String name, SoftwareTpm tpm, SoftwareKey ak, SoftwareKey instanceKey) {
    this.name = name;
    this.ak = ak;
    this.instanceKey = instanceKey;
    this.tpm = tpm;
    this.ek = SoftwareKey.parse(tpm.endorsementArea());
    this.ekCertificate = Octets.of(tpm.endorsementCertificate());
  }

  /** This host after another boot, with the log of it. */
  SoftwareHost bootedInto(GrubBoot boot) {
    SoftwareHost booted = new SoftwareHost(name, tpm.rebooted(), ak, instanceKey);
    boot.measureInto(booted::extend);
    booted.show(boot.log());
    return booted;
  }

  /** This TPM with another attestation key. */
  SoftwareHost withAnotherAk(String otherName) {
    return new SoftwareHost(tpm.unmeasured(), otherName, SoftwareKey.attestation(), instanceKey);
  }

  /** This host with another instance key. */
  SoftwareHost withInstanceKey(SoftwareKey other) {
    return new SoftwareHost(tpm.unmeasured(), name, ak, other);
  }

  /** This host after another boot, in which it measured the same. */
  SoftwareHost sameTpmAndKeys() {
    return new SoftwareHost(tpm.rebooted(), name, ak, instanceKey);
  }

  SoftwareTpm tpm() {
    return tpm;
  }

  /** SHA-256 of the endorsement key's SubjectPublicKeyInfo: what an operator lists. */
  Hash ekDigest() {
    return Hash.sha256(tpm.endorsementKey().getEncoded());
  }

  AkName akName() {
    return AkName.of(ak.name().bytes());
  }

  Hash jkt() {
    return instanceKey.thumbprint();
  }

  /** Measures {@code event}. */
  void extend(int pcr, String event) {
    tpm.extend(pcr, Hash.sha256(event.getBytes(StandardCharsets.UTF_8)).bytes());
  }

  /** From here on its evidence has this boot log. */
  void show(byte[] log) {
    bootLog = Optional.of(log);
  }

  /** From here on its evidence has this part of a measurement list. */
  void showList(byte[] segment) {
    imaSegment = Optional.of(segment);
  }

  /** Extends with a digest. */
  void extend(int pcr, byte[] digest) {
    tpm.extend(pcr, digest);
  }

  byte[] pcr(int index) {
    return tpm.pcr(index);
  }

  /** What answers a challenge: a quote bound to the request, and the instance key certified. */
  Application answer(Challenge challenge, ExecutionRequest request) {
    return answerCertifiedBy(ak, challenge, request);
  }

  /** The same for what is bound to how it is executed. */
  Application answer(Challenge challenge, ExecutionRequest request, ExecBinding exec) {
    Evidence evidence = evidence(challenge, request, certification(ak));
    return new Application(ak.name(), challenge, request, Optional.of(exec), evidence);
  }

  /** The same for a key that is in no TPM. */
  Application answerWithMemoryKey(Challenge challenge, ExecutionRequest request) {
    return application(challenge, request, evidence(challenge, request, List.of()));
  }

  /** The same with another's word for the instance key. */
  Application answerCertifiedBy(
      SoftwareKey certifier, Challenge challenge, ExecutionRequest request) {
    return application(challenge, request, evidence(challenge, request, certification(certifier)));
  }

  Application application(Challenge challenge, ExecutionRequest request, Evidence evidence) {
    return new Application(ak.name(), challenge, request, Optional.empty(), evidence);
  }

  /** The three sections of a certification whose signature is of another statement. */
  List<byte[]> brokenCertification() {
    List<byte[]> sections = certification(ak);
    return List.of(sections.get(0), sections.get(1), ak.sign(new byte[] {1}));
  }

  Evidence evidence(Challenge challenge, ExecutionRequest request, List<byte[]> certification) {
    Hash nonce = Hash.of(challenge.nonce().bytes());
    Hash bound = EvidenceBinding.qualifyingData(nonce, request.digest(), request.jkt());
    SoftwareTpm.Statement quote =
        tpm.quote(ak.tpmKey(), challenge.selection().encode(), bound.bytes());
    Evidence.Builder builder =
        Evidence.builder()
            .quote(quote.attest(), quote.signature())
            .pcrValues(values(challenge.selection()));
    bootLog.ifPresent(builder::bootLog);
    imaSegment.ifPresent(builder::imaList);
    if (!certification.isEmpty()) {
      builder.keyCertification(certification.get(0), certification.get(1), certification.get(2));
    }
    try {
      return builder.build();
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** Public area, statement, signature. */
  private List<byte[]> certification(SoftwareKey certifier) {
    SoftwareTpm.Statement statement =
        tpm.certify(
            certifier.tpmKey(),
            ak.tpmKey(),
            instanceKey.tpmKey(),
            EvidenceBinding.keyCertification(jkt()).bytes());
    return List.of(instanceKey.tpmKey().publicArea(), statement.attest(), statement.signature());
  }

  PcrValues values(PcrSelection selection) {
    List<TpmDigest> digests = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      bank.indices().forEach(index -> digests.add(TpmDigest.of(bank.hash(), tpm.pcr(index))));
    }
    return new PcrValues(selection, digests);
  }

  /** What the credential holds; a TPM answers TPM_RC_INTEGRITY where it is for another. */
  Octets activate(TpmCredential credential) throws GeneralSecurityException, IOException {
    return Octets.of(
        tpm.activate(
            ak.name().bytes(),
            credential.idObject().bytes(),
            credential.encryptedSecret().bytes()));
  }

  static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** RFC 7638 thumbprint of a key that is in no TPM. */
  static Hash memoryKey() {
    return SoftwareKey.instance().thumbprint();
  }
}
