// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.EvidenceBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A host whose TPM is written here from TPM 2.0 Part 1 and 2, for what a simulator is too slow for or
 * refuses to do. Its keys are P-256 and SHA-256; it activates credentials as a TPM does.
 */
final class SoftwareHost {
  private static final int PCRS = 24;

  final String name;
  final SoftwareKey ak;
  final SoftwareKey instanceKey;
  final TpmtPublic ek;
  final Octets ekCertificate;
  private final KeyPair ekPair;
  private final byte[][] pcrs = new byte[PCRS][Hash.BYTES];
  int resetCount = 7;
  int restartCount = 3;

  SoftwareHost(String name, EndorsementAuthority maker) {
    this(name, maker, SoftwareKey.attestation());
  }

  SoftwareHost(String name, EndorsementAuthority maker, SoftwareKey ak) {
    this.name = name;
    this.ak = ak;
    this.instanceKey = SoftwareKey.instance();
    this.ekPair = newKeyPair();
    this.ek = SoftwareKey.endorsement((ECPublicKey) ekPair.getPublic());
    this.ekCertificate = Octets.of(maker.certify(ekPair.getPublic()));
    BootLog.EVENTS.forEach(this::extend);
  }

  private SoftwareHost(SoftwareHost tpm, String name, SoftwareKey ak, SoftwareKey instanceKey) {
    this.name = name;
    this.ak = ak;
    this.instanceKey = instanceKey;
    this.ekPair = tpm.ekPair;
    this.ek = tpm.ek;
    this.ekCertificate = tpm.ekCertificate;
    BootLog.EVENTS.forEach(this::extend);
  }

  /** This TPM with another attestation key. */
  SoftwareHost withAnotherAk(String otherName) {
    return new SoftwareHost(this, otherName, SoftwareKey.attestation(), instanceKey);
  }

  /** This host with another instance key. */
  SoftwareHost withInstanceKey(SoftwareKey other) {
    return new SoftwareHost(this, name, ak, other);
  }

  /** This host after another boot, in which it measured the same. */
  SoftwareHost sameTpmAndKeys() {
    return new SoftwareHost(this, name, ak, instanceKey);
  }

  /** SHA-256 of the endorsement key's SubjectPublicKeyInfo: what an operator lists. */
  Hash ekDigest() {
    return Hash.sha256(ekPair.getPublic().getEncoded());
  }

  AkName akName() {
    return AkName.of(ak.name().bytes());
  }

  Hash jkt() {
    return instanceKey.thumbprint();
  }

  /** TPM2_PCR_Extend (Part 3, 22.2). */
  void extend(int pcr, String event) {
    pcrs[pcr] =
        Hash.sha256(pcrs[pcr], Hash.sha256(event.getBytes(StandardCharsets.UTF_8)).bytes()).bytes();
  }

  /** What answers a challenge: a quote bound to the request, and the instance key certified. */
  Application answer(Challenge challenge, ExecutionRequest request) {
    return application(
        challenge,
        request,
        evidence(challenge, request, certification(ak, instanceKey.publicArea())));
  }

  /** The same for a key that is in no TPM. */
  Application answerWithMemoryKey(Challenge challenge, ExecutionRequest request) {
    return application(challenge, request, evidence(challenge, request, List.of()));
  }

  /** The same with another's word for the instance key. */
  Application answerCertifiedBy(
      SoftwareKey certifier, Challenge challenge, ExecutionRequest request) {
    return application(
        challenge,
        request,
        evidence(challenge, request, certification(certifier, instanceKey.publicArea())));
  }

  Application application(Challenge challenge, ExecutionRequest request, Evidence evidence) {
    return new Application(ak.name(), challenge, request, evidence);
  }

  /** The three sections of a certification whose signature is of another statement. */
  List<byte[]> brokenCertification() {
    List<byte[]> sections = certification(ak, instanceKey.publicArea());
    return List.of(sections.get(0), sections.get(1), ak.sign(new byte[] {1}));
  }

  Evidence evidence(Challenge challenge, ExecutionRequest request, List<byte[]> certification) {
    Hash nonce = Hash.of(challenge.nonce().bytes());
    PcrValues values = values(challenge.selection());
    byte[] quote =
        statement(
            0x8018,
            EvidenceBinding.qualifyingData(nonce, request.digest(), request.jkt()),
            new Wire()
                .bytes(challenge.selection().encode())
                .sized(values.pcrDigest(TpmAlg.SHA256).value().bytes()));
    Evidence.Builder builder = Evidence.builder().quote(quote, ak.sign(quote)).pcrValues(values);
    if (!certification.isEmpty()) {
      builder.keyCertification(certification.get(0), certification.get(1), certification.get(2));
    }
    try {
      return builder.build();
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** TPM2_Certify (Part 3, 18.2): public area, statement, signature. */
  List<byte[]> certification(SoftwareKey certifier, TpmtPublic key) {
    byte[] attest =
        statement(
            0x8017,
            EvidenceBinding.keyCertification(jkt()),
            new Wire()
                .sized(key.name().bytes())
                .sized(key.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY).bytes()));
    return List.of(key.bytes(), attest, certifier.sign(attest));
  }

  /** TPMS_ATTEST (Part 2, 10.12.12). */
  private byte[] statement(int type, Hash extraData, Wire attested) {
    return new Wire()
        .u32(0xff544347)
        .u16(type)
        .sized(ak.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY).bytes())
        .sized(extraData.bytes())
        .u64(123_456)
        .u32(resetCount)
        .u32(restartCount)
        .u8(1)
        .u64(0x2019_1023_0016_3636L)
        .bytes(attested.toByteArray())
        .toByteArray();
  }

  PcrValues values(PcrSelection selection) {
    List<TpmDigest> digests = new ArrayList<>();
    for (PcrSelection.Bank bank : selection.banks()) {
      bank.indices().forEach(index -> digests.add(TpmDigest.of(bank.hash(), pcrs[index])));
    }
    return new PcrValues(selection, digests);
  }

  /**
   * TPM2_ActivateCredential (Part 1, 24 and C.6.4). A TPM answers TPM_RC_INTEGRITY where the credential
   * is for another key or another name.
   */
  Octets activate(TpmCredential credential) throws GeneralSecurityException, IOException {
    byte[] seed = seed(credential.encryptedSecret().bytes());
    DataInputStream idObject =
        new DataInputStream(new ByteArrayInputStream(credential.idObject().bytes()));
    byte[] outerHmac = idObject.readNBytes(idObject.readUnsignedShort());
    byte[] encIdentity = idObject.readAllBytes();
    byte[] akName = ak.name().bytes();

    Mac hmac = Mac.getInstance("HmacSHA256");
    hmac.init(new SecretKeySpec(kdfa(seed, "INTEGRITY", new byte[0], 256), "HMAC"));
    hmac.update(encIdentity);
    if (!MessageDigest.isEqual(hmac.doFinal(akName), outerHmac)) {
      throw new GeneralSecurityException("TPM_RC_INTEGRITY");
    }
    Cipher cfb = Cipher.getInstance("AES/CFB/NoPadding");
    cfb.init(
        Cipher.DECRYPT_MODE,
        new SecretKeySpec(kdfa(seed, "STORAGE", akName, 128), "AES"),
        new IvParameterSpec(new byte[16]));
    byte[] identity = cfb.doFinal(encIdentity);
    return Octets.of(Arrays.copyOfRange(identity, 2, identity.length));
  }

  /** KDFe over an ephemeral Diffie-Hellman; the digest is as long as the seed. */
  private byte[] seed(byte[] point) throws GeneralSecurityException, IOException {
    ECPublicKey own = (ECPublicKey) ekPair.getPublic();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(point));
    byte[] x = in.readNBytes(in.readUnsignedShort());
    byte[] y = in.readNBytes(in.readUnsignedShort());
    PublicKey ephemeral =
        KeyFactory.getInstance("EC")
            .generatePublic(
                new ECPublicKeySpec(
                    new ECPoint(new BigInteger(1, x), new BigInteger(1, y)), own.getParams()));
    KeyAgreement ecdh = KeyAgreement.getInstance("ECDH");
    ecdh.init(ekPair.getPrivate());
    ecdh.doPhase(ephemeral, true);
    MessageDigest kdf = MessageDigest.getInstance("SHA-256");
    kdf.update(new byte[] {0, 0, 0, 1});
    kdf.update(ecdh.generateSecret());
    kdf.update("IDENTITY\0".getBytes(StandardCharsets.US_ASCII));
    kdf.update(x);
    kdf.update(SoftwareKey.coordinate(own.getW().getAffineX()));
    return kdf.digest();
  }

  private static byte[] kdfa(byte[] key, String label, byte[] context, int bits)
      throws GeneralSecurityException {
    Mac hmac = Mac.getInstance("HmacSHA256");
    hmac.init(new SecretKeySpec(key, "HMAC"));
    hmac.update(new byte[] {0, 0, 0, 1});
    hmac.update((label + "\0").getBytes(StandardCharsets.US_ASCII));
    hmac.update(context);
    hmac.update(ByteBuffer.allocate(4).putInt(bits).array());
    return Arrays.copyOf(hmac.doFinal(), bits / 8);
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
    return JwkThumbprint.of((ECPublicKey) newKeyPair().getPublic());
  }
}
