// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.time.Instant;
import java.util.Arrays;

/**
 * Verifies the signatures that one {@link NoteKey} makes over note texts. Made once for a key, it
 * verifies from any number of threads.
 */
public final class NoteVerifier {
  private static final byte[] NO_PREFIX = {};

  /** Bytes of the time in front of the signature, in types 0x04 and 0x05. */
  private static final int TIME_BYTES = 8;

  /** TLS DigitallySigned: hash sha256(4), signature ecdsa(3) (RFC 5246 section 7.4.1.4.1). */
  private static final byte[] TLS_ECDSA_SHA256 = {4, 3};

  /** The text is the first {@code textLength} bytes of {@code note}. */
  @FunctionalInterface
  private interface Scheme {
    boolean verify(byte[] note, int textLength, byte[] signature);
  }

  private final NoteKey key;
  private final Scheme scheme;

  private NoteVerifier(NoteKey key, Scheme scheme) {
    this.key = key;
    this.scheme = scheme;
  }

  /**
   * A verifier on the platform's own providers.
   *
   * @throws IllegalArgumentException if the key's type {@linkplain NoteKeyType#isVerified is not
   *     verified}
   */
  public static NoteVerifier of(NoteKey key) {
    return new NoteVerifier(
        key,
        switch (key.type()) {
          case ED25519 -> ed25519(Ed25519Verifier.of(key.publicKey()));
          case ECDSA_P256 -> ecdsa(P256Verifier.of(key.p256Point()));
          case COSIGNATURE_V1 -> cosignature(Ed25519Verifier.of(key.publicKey()));
          case RFC6962_TREE_HEAD -> treeHead(key, P256Verifier.of(key.p256Point()));
          case ML_DSA_44_COSIGNATURE -> throw notVerified(key);
        });
  }

  /**
   * A verifier on {@code provider}, for ECDSA P-256 and, where it has that and does not
   * multiply by the cofactor, Ed25519.
   *
   * @throws IllegalArgumentException if the provider has no SHA256withECDSA for a P-256 key, or the
   *     key's type {@linkplain NoteKeyType#isVerified is not verified}
   */
  public static NoteVerifier of(NoteKey key, Provider provider) {
    return new NoteVerifier(
        key,
        switch (key.type()) {
          case ED25519 -> ed25519(Ed25519Verifier.of(key.publicKey(), provider));
          case ECDSA_P256 -> ecdsa(P256Verifier.of(key.p256Point(), provider));
          case COSIGNATURE_V1 -> cosignature(Ed25519Verifier.of(key.publicKey(), provider));
          case RFC6962_TREE_HEAD -> treeHead(key, P256Verifier.of(key.p256Point(), provider));
          case ML_DSA_44_COSIGNATURE -> throw notVerified(key);
        });
  }

  private static IllegalArgumentException notVerified(NoteKey key) {
    return new IllegalArgumentException(
        "a verifier must be for a key whose type is verified here, was for " + key.type());
  }

  /** The key. */
  public NoteKey key() {
    return key;
  }

  /** Whether {@code signature}, without key ID, is the key's over {@code text}. */
  public boolean verify(byte[] text, byte[] signature) {
    return verify(text, text.length, signature);
  }

  boolean verify(byte[] note, int textLength, byte[] signature) {
    return scheme.verify(note, textLength, signature);
  }

  /**
   * The time that a cosignature says it was made at.
   *
   * @param signature a signature that a type 0x04 key verified
   */
  static Instant cosignatureTime(byte[] signature) {
    return Instant.ofEpochSecond(ByteBuffer.wrap(signature).getLong());
  }

  /** The lines in front of the checkpoint in what a cosigner signs ("Ed25519 signed message"). */
  static byte[] cosignaturePrefix(long epochSecond) {
    return ("cosignature/v1\ntime " + epochSecond + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  private static Scheme ed25519(Ed25519Verifier verifier) {
    return (note, length, signature) -> verifier.verify(NO_PREFIX, note, 0, length, signature);
  }

  private static Scheme ecdsa(P256Verifier verifier) {
    return (note, length, signature) -> verifier.verifyDer(NO_PREFIX, note, 0, length, signature);
  }

  /** signature = u64 time in seconds || 64 bytes (tlog-cosignature, "Format"). */
  private static Scheme cosignature(Ed25519Verifier verifier) {
    return (note, length, signature) -> {
      if (signature.length != TIME_BYTES + Ed25519Verifier.SIGNATURE_BYTES) {
        return false;
      }
      long time = ByteBuffer.wrap(signature).getLong();
      if (time < 0 || time > Instant.MAX.getEpochSecond()) {
        return false;
      }
      byte[] ed25519 = Arrays.copyOfRange(signature, TIME_BYTES, signature.length);
      return verifier.verify(cosignaturePrefix(time), note, 0, length, ed25519);
    };
  }

  /**
   * signature = u64 time in milliseconds || 4 || 3 || u16 length || DER, over the TreeHeadSignature
   * of RFC 6962 section 3.5: version 0, type 1, time, tree size, root.
   */
  private static Scheme treeHead(NoteKey key, P256Verifier verifier) {
    return (note, length, signature) -> {
      int header = TIME_BYTES + TLS_ECDSA_SHA256.length + Short.BYTES;
      if (signature.length < header
          || !Arrays.equals(
              signature,
              TIME_BYTES,
              TIME_BYTES + TLS_ECDSA_SHA256.length,
              TLS_ECDSA_SHA256,
              0,
              TLS_ECDSA_SHA256.length)) {
        return false;
      }
      int derLength = ByteBuffer.wrap(signature).getShort(header - Short.BYTES) & 0xffff;
      if (derLength != signature.length - header) {
        return false;
      }
      Checkpoint checkpoint;
      try {
        checkpoint = Checkpoint.parse(Arrays.copyOf(note, length));
      } catch (MalformedCheckpointException e) {
        return false;
      }
      // The signed structure holds neither origin nor extension lines: what it does not cover must
      // be what the key stands for, and nothing.
      if (!checkpoint.origin().equals(key.name()) || !checkpoint.extensions().isEmpty()) {
        return false;
      }
      byte[] treeHead =
          ByteBuffer.allocate(2 + 8 + 8 + Hash.BYTES)
              .put((byte) 0)
              .put((byte) 1)
              .put(signature, 0, TIME_BYTES)
              .putLong(checkpoint.size())
              .put(checkpoint.root().bytes())
              .array();
      byte[] der = Arrays.copyOfRange(signature, header, signature.length);
      return verifier.verifyDer(NO_PREFIX, treeHead, 0, treeHead.length, der);
    };
  }
}
