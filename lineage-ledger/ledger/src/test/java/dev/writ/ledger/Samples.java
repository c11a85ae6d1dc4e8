// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.NoteSigner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Values for tests: leaves as decisions make them, hosts, keys, nonces. */
final class Samples {
  static final String ORIGIN = "log.example/writ";
  static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");
  static final InstantSource CLOCK = InstantSource.fixed(NOW);
  static final Instant LATER = NOW.plusSeconds(600);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final AtomicLong COUNT = new AtomicLong();

  private Samples() {}

  static NoteSigner p256Signer() {
    return KeyPairNoteSigner.of(ORIGIN, keyPair("EC"));
  }

  static NoteSigner ed25519Signer() {
    return KeyPairNoteSigner.of(ORIGIN, keyPair("Ed25519"));
  }

  private static KeyPair keyPair(String algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (algorithm.equals("EC")) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Another digest each time. */
  static Hash digest() {
    return Hash.sha256(ByteBuffer.allocate(8).putLong(COUNT.incrementAndGet()).array());
  }

  static Hash digest(String of) {
    return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  /** Unlike a digest, not the same in another process. */
  static Hash nonce() {
    byte[] bytes = new byte[Hash.BYTES];
    RANDOM.nextBytes(bytes);
    return Hash.of(bytes);
  }

  static UuidV7 uuid() {
    return UuidV7.next(InstantSource.system(), RANDOM);
  }

  static AkName akName(String of) {
    byte[] digest = digest(of).bytes();
    return AkName.of(ByteBuffer.allocate(34).putShort((short) 0x000b).put(digest).array());
  }

  /** A leaf of the kind that issuing makes. */
  static Leaf leaf() {
    return leaf(uuid());
  }

  static Leaf leafAt(Instant time) {
    return leaf(uuid(), time);
  }

  static Leaf leaf(UuidV7 jti) {
    return leaf(jti, NOW);
  }

  private static Leaf leaf(UuidV7 jti, Instant time) {
    Hash any = digest();
    return Leaf.of(
        time,
        uuid(),
        List.of(),
        new LeafBody.DecisionAllow(
            jti,
            any,
            any,
            any,
            any,
            1,
            new Commitment(any),
            new Commitment(any),
            new Commitment(any)));
  }

  static Entry entry() {
    return Entry.of(leaf());
  }

  /** All that issuing an artifact commits, but for the preconditions. */
  static Entry issue(Hash nonce) {
    return issue(nonce, LATER);
  }

  static Entry issue(Hash nonce, Instant expires) {
    UuidV7 jti = uuid();
    return Entry.of(
        leaf(jti),
        new ConsumeNonce(nonce, expires),
        new RecordArtifact(jti, expires, Optional.empty()));
  }

  /** The same with the bit that withdraws it. */
  static Entry issue(Hash nonce, Instant expires, StatusIndex status) {
    UuidV7 jti = uuid();
    return Entry.of(
        leaf(jti),
        new ConsumeNonce(nonce, expires),
        new RecordArtifact(jti, expires, Optional.of(status)));
  }

  static StateChange.RegisterHost host(String name) {
    return new StateChange.RegisterHost(
        akName(name), digest("ek of " + name), name, new byte[] {0, 1, 2});
  }
}
