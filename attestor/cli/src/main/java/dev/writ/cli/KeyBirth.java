// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.artifact.TrustFile;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyRole;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.Token;
import dev.writ.hsm.WrappedKeys;
import dev.writ.service.FirstTrustFile;
import dev.writ.service.IssuerKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes a service's keys in a token, an operator's key in a file, the first trust file, and a file of
 * the certificate under which hosts' attestation keys are certified.
 *
 * <p>The files' places are taken before the token is touched, so that a folder that cannot be written
 * leaves the token as it was.
 */
final class KeyBirth {
  static final String TRUST_FILE = "trust.json";
  static final String OPERATOR_KEY = "operator-key.pem";
  static final String AK_CA = "ak-ca.pem";
  static final String CHECKPOINT_KEY = "checkpoint-ed25519.key";

  /** The keys that services of earlier versions did without. */
  private static final Set<KeyRole> LATER = Set.of(KeyRole.ATTESTATION, KeyRole.CHECKPOINT_ED25519);

  private final String issuer;
  private final String origin;
  private final Optional<StatusSource> status;
  private final String witnesses;
  private final Optional<KeyQuorum> approvers;
  private final Path folder;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Optional<TpmSealedKey> seal;

  /** What was made. */
  record Born(
      IssuerKeys keys,
      String issuerKid,
      List<String> checkpointVkeys,
      String statusKid,
      TrustFile trust,
      Path trustFile,
      Path operatorKey,
      Path akCa,
      Optional<Path> checkpointKey) {}

  KeyBirth(
      String issuer,
      String origin,
      Optional<StatusSource> status,
      String witnesses,
      Optional<KeyQuorum> approvers,
      Path folder,
      InstantSource clock,
      SecureRandom random,
      Optional<TpmSealedKey> seal) {
    this.issuer = issuer;
    this.origin = origin;
    this.status = status;
    this.witnesses = witnesses;
    this.approvers = approvers;
    this.folder = folder.toAbsolutePath().normalize();
    this.clock = clock;
    this.random = random;
    this.seal = seal;
  }

  Born in(Token token) throws HsmException, IOException {
    Path trustFile = folder.resolve(TRUST_FILE);
    Path operatorKey = folder.resolve(OPERATOR_KEY);
    Path akCa = folder.resolve(AK_CA);
    Optional<Path> checkpointKey = checkpointKey(token);
    List<Path> taken =
        takePlaces(
            List.of(trustFile, akCa),
            Stream.concat(Stream.of(operatorKey), checkpointKey.stream()).toList());
    try {
      KeyPair operator = newKeyPair();
      IssuerKeys keys = makeKeys(token, checkpointKey);
      TrustFile trust =
          FirstTrustFile.dev(
              issuer,
              origin,
              keys,
              (ECPublicKey) operator.getPublic(),
              status,
              witnesses,
              approvers);
      Files.writeString(operatorKey, pem(operator), StandardCharsets.US_ASCII);
      Files.write(trustFile, trust.toJson());
      Files.writeString(akCa, pem(keys.attestation().certificate()), StandardCharsets.US_ASCII);
      return new Born(
          keys,
          Thumbprint.text(keys.issuerKid()),
          keys.checkpointSigners(origin).stream().map(signer -> signer.key().vkey()).toList(),
          Thumbprint.text(keys.statusKid()),
          trust,
          trustFile,
          operatorKey,
          akCa,
          checkpointKey);
    } catch (HsmException | IOException | RuntimeException e) {
      release(taken);
      throw e;
    }
  }

  /** Where the Ed25519 key goes that the token has not, if it can wrap one, or the TPM is to seal one. */
  private Optional<Path> checkpointKey(Token token) throws HsmException {
    boolean sealed = seal.isPresent() && WrappedKeys.isOutOfReach(token);
    return sealed || WrappedKeys.isMissing(token, KeyInventory.standard())
        ? Optional.of(folder.resolve(CHECKPOINT_KEY))
        : Optional.empty();
  }

  /** Makes that key and writes it there. */
  private Ed25519Key makeCheckpointKey(Path file, Token token) throws HsmException, IOException {
    KeyInventory inventory = KeyInventory.standard();
    if (WrappedKeys.isOutOfReach(token)) {
      byte[] sealed = seal.orElseThrow().make(random);
      Files.write(file, sealed);
      return seal.orElseThrow().open(sealed, token, inventory);
    }
    byte[] wrapped = WrappedKeys.make(token, inventory, random);
    Files.write(file, wrapped);
    try {
      return WrappedKeys.open(token, inventory, wrapped);
    } catch (MalformedHsmConfigException e) {
      throw new IllegalStateException("bug: the key's file must be well-formed, and is not", e);
    }
  }

  /**
   * What was added to a token that had the others.
   *
   * @param keys all of it
   * @param akCa the file of the AK CA where it was among them
   * @param checkpointKey the file of the key outside the token, likewise
   */
  record Completed(List<KeySpec> keys, Optional<Path> akCa, Optional<Path> checkpointKey) {}

  /**
   * Makes the keys that a token lacks which was made before services had them, and the file of the
   * certificate under which attestation keys are certified if that key is among them. Trust files name
   * none of these keys.
   *
   * @return absent for any other token, in which nothing is made
   */
  Optional<Completed> complete(Token token) throws HsmException, IOException {
    KeyInventory inventory = KeyInventory.standard();
    List<KeySpec> missing = KeyCeremony.missing(token, inventory);
    if (!missing.stream().map(KeySpec::role).allMatch(LATER::contains)) {
      return Optional.empty();
    }
    Optional<Path> checkpointKey = checkpointKey(token);
    if (missing.isEmpty() && checkpointKey.isEmpty()) {
      return Optional.empty();
    }
    Optional<Path> akCa =
        missing.contains(inventory.spec(KeyRole.ATTESTATION))
            ? Optional.of(folder.resolve(AK_CA))
            : Optional.empty();
    List<Path> taken = takePlaces(akCa.stream().toList(), checkpointKey.stream().toList());
    try {
      CeremonyOutcome outcome = KeyCeremony.add(token, inventory, missing, clock, random);
      if (outcome instanceof CeremonyOutcome.AlreadyThere there) {
        throw alreadyThere(there);
      }
      List<KeySpec> made = new ArrayList<>(missing);
      if (checkpointKey.isPresent()) {
        Ed25519Key unused = makeCheckpointKey(checkpointKey.get(), token);
        made.add(inventory.spec(KeyRole.CHECKPOINT_ED25519));
      }
      if (akCa.isPresent()) {
        X509Certificate certificate = IssuerKeys.open(token, inventory).attestation().certificate();
        Files.writeString(akCa.get(), pem(certificate), StandardCharsets.US_ASCII);
      }
      return Optional.of(new Completed(made, akCa, checkpointKey));
    } catch (HsmException | IOException | RuntimeException e) {
      release(taken);
      throw e;
    }
  }

  private IssuerKeys makeKeys(Token token, Optional<Path> checkpointKey)
      throws HsmException, IOException {
    KeyInventory inventory = KeyInventory.standard();
    CeremonyOutcome outcome = KeyCeremony.init(token, inventory, clock, random);
    if (outcome instanceof CeremonyOutcome.AlreadyThere there) {
      throw alreadyThere(there);
    }
    if (checkpointKey.isEmpty()) {
      return IssuerKeys.open(token, inventory);
    }
    return IssuerKeys.open(
        token, inventory, Optional.of(makeCheckpointKey(checkpointKey.get(), token)));
  }

  private static IOException alreadyThere(CeremonyOutcome.AlreadyThere there) {
    return new IOException(
        "the token must have none of the service's keys yet, and has "
            + names(there.existing())
            + (there.missing().isEmpty() ? "" : ", but not " + names(there.missing()))
            + ": use another token, or remove keys that nothing uses");
  }

  private static String names(List<KeySpec> specs) {
    return specs.stream().map(KeySpec::toString).collect(Collectors.joining(", "));
  }

  /** All places or none: an existing file is somebody's, and stays. */
  private List<Path> takePlaces(List<Path> anybodys, List<Path> ownersAlone) throws IOException {
    List<Path> taken = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      for (Path place : anybodys) {
        taken.add(Files.createFile(place));
      }
      for (Path place : ownersAlone) {
        taken.add(
            Files.createFile(
                place,
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------"))));
      }
      return taken;
    } catch (IOException e) {
      release(taken);
      boolean exists = e instanceof FileAlreadyExistsException && Files.isDirectory(folder);
      throw new IOException(
          exists
              ? e.getMessage() + " must not exist yet: give another --out, or move it away"
              : "--out must be a folder that this user can write to, and is not: " + e,
          e);
    }
  }

  private static void release(List<Path> taken) throws IOException {
    for (Path place : taken) {
      Files.deleteIfExists(place);
    }
  }

  /** A person's new key, as {@link SigningKeyFile} reads it. */
  static String newKeyInPem() {
    return pem(newKeyPair(new SecureRandom()));
  }

  private KeyPair newKeyPair() {
    return newKeyPair(random);
  }

  private static KeyPair newKeyPair(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform makes P-256 keys; this one does not", e);
    }
  }

  /** PKCS#8 in PEM (RFC 7468 section 10). */
  private static String pem(KeyPair pair) {
    return pem("PRIVATE KEY", pair.getPrivate().getEncoded());
  }

  private static String pem(X509Certificate certificate) {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("bug: the token's certificate has no encoding", e);
    }
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }
}
