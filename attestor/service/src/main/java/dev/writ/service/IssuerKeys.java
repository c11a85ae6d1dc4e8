// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyRole;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The service's keys in its token, each for one role.
 *
 * @param issuer signs artifacts: the oldest such key of the token, as of the roles after it; which one is in
 *     use after a rotation is the ledger's to say
 * @param checkpoint signs the ledger's checkpoints
 * @param checkpointEd25519 signs them once more, where there is such a key: in the token, or outside it where
 *     the token has none
 * @param status signs status list tokens
 * @param tls certifies the keys that the service's TLS endpoints show
 * @param attestation certifies hosts' attestation keys
 * @param signatures counts what they sign
 * @param tlsAuthority tells the TLS endpoints which TLS key is in use
 */
public record IssuerKeys(
    HsmKey issuer,
    HsmKey checkpoint,
    Optional<Ed25519Key> checkpointEd25519,
    HsmKey status,
    HsmKey tls,
    HsmKey attestation,
    SignatureCounts signatures,
    TlsAuthority tlsAuthority) {
  /** Keys of which the oldest are in use. */
  public IssuerKeys(
      HsmKey issuer,
      HsmKey checkpoint,
      Optional<Ed25519Key> checkpointEd25519,
      HsmKey status,
      HsmKey tls,
      HsmKey attestation,
      SignatureCounts signatures) {
    this(
        issuer,
        checkpoint,
        checkpointEd25519,
        status,
        tls,
        attestation,
        signatures,
        new TlsAuthority(tls));
  }

  /**
   * Finds and checks the keys of {@code inventory}.
   *
   * @throws HsmException if one is missing or could leave the token, or the token's replica has not the same
   */
  public static IssuerKeys open(Token token, KeyInventory inventory) throws HsmException {
    return open(token, inventory, Optional.empty());
  }

  /**
   * Likewise.
   *
   * @param outside the Ed25519 key of a token that has none
   * @throws IllegalArgumentException if the token has one, too
   */
  public static IssuerKeys open(Token token, KeyInventory inventory, Optional<Ed25519Key> outside)
      throws HsmException {
    // Before the keys are found: what proves them is the token's to count, and is counted.
    SignatureCounts signatures = new SignatureCounts(token);
    IssuerKeys keys =
        new IssuerKeys(
            first(token, inventory.spec(KeyRole.ISSUER)),
            first(token, inventory.spec(KeyRole.CHECKPOINT)),
            ed25519(token, inventory.spec(KeyRole.CHECKPOINT_ED25519), outside),
            first(token, inventory.spec(KeyRole.STATUS)),
            first(token, inventory.spec(KeyRole.TLS)),
            first(token, inventory.spec(KeyRole.ATTESTATION)),
            signatures);
    token.requireReplicated();
    return keys;
  }

  /** The oldest of its role that is there: its first may be destroyed. */
  private static HsmKey first(Token token, KeySpec spec) throws HsmException {
    List<KeySpec> generations = token.generations(spec);
    return token.key(generations.isEmpty() ? spec : generations.get(0));
  }

  /** A token that was made without it, or has no such keys, serves as well. */
  private static Optional<Ed25519Key> ed25519(
      Token token, KeySpec spec, Optional<Ed25519Key> outside) throws HsmException {
    try {
      Ed25519Key own = token.ed25519Key(spec);
      if (outside.isPresent()) {
        throw new IllegalArgumentException(
            "there must be one key "
                + spec
                + ", and the token has one beside that which is "
                + outside.get().storage().wire()
                + ": leave that one out");
      }
      return Optional.of(own);
    } catch (HsmException e) {
      if (e.fault() == HsmException.Fault.KEY_MISSING) {
        return outside;
      }
      throw e;
    }
  }

  /** The signers of checkpoints of the log {@code origin}: that of type 0x02, then the other. */
  public List<CheckpointSigner> checkpointSigners(String origin) {
    List<CheckpointSigner> signers = new ArrayList<>();
    signers.add(CheckpointSigner.p256(origin, checkpoint, signatures));
    checkpointEd25519.ifPresent(
        key -> signers.add(CheckpointSigner.ed25519(origin, key, signatures)));
    return signers;
  }

  /** The oldest P-256 key of a role. */
  HsmKey oldest(dev.writ.artifact.KeyRole role) {
    return switch (role) {
      case ISSUER -> issuer;
      case CHECKPOINT -> checkpoint;
      case STATUS -> status;
      case TLS -> tls;
      case ATTESTATION -> attestation;
    };
  }

  /** Whether it is the key of the checkpoint's second line, whose role it shares with the first's. */
  boolean isEd25519(Hash kid) {
    return checkpointEd25519
        .map(key -> JwkThumbprint.ofEd25519(key.point()).equals(kid))
        .orElse(false);
  }

  /** The {@code kid} of artifacts: RFC 7638 thumbprint of the issuer's key. */
  public Hash issuerKid() {
    return JwkThumbprint.of(issuer.publicKey());
  }

  /** RFC 7638 thumbprint of the checkpoint key. */
  public Hash checkpointKid() {
    return JwkThumbprint.of(checkpoint.publicKey());
  }

  /** The {@code kid} of status list tokens: RFC 7638 thumbprint of the status key. */
  public Hash statusKid() {
    return JwkThumbprint.of(status.publicKey());
  }

  /** What trust files pin as {@code tls}, of the oldest TLS key. */
  public Hash tlsPin() {
    return tlsPin(tls);
  }

  /** What trust files pin as {@code tls}: SHA-256 of a TLS key's SubjectPublicKeyInfo. */
  static Hash tlsPin(HsmKey tls) {
    return Hash.sha256(tls.publicKey().getEncoded());
  }
}
