// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A key that verifies signatures of notes, with the name it signs under: a verifier key, or vkey
 * (c2sp.org/signed-note, "Verifier keys").
 *
 * <pre>
 * vkey   = name "+" hex8(key ID) "+" base64(type || public key)
 * key ID = SHA-256(name || 0x0A || type || public key)[:4]     types 0x01, 0x04, 0x06
 *        = SHA-256(SubjectPublicKeyInfo)[:4]                   type 0x02
 *        = SHA-256(name || 0x0A || 0x05 || SHA-256(SPKI))[:4]  type 0x05
 * </pre>
 *
 * <p>The public key is 32 bytes for Ed25519, 1312 for ML-DSA-44, else a SubjectPublicKeyInfo in DER. The key ID tells
 * keys apart; it is far too short to prove which key it is.
 */
public final class NoteKey {
  /** Longest text that {@link #parse} reads. */
  private static final int MAX_VKEY_CHARS = 2560;

  /** Bytes of an ML-DSA-44 public key (FIPS 204, table 2). */
  private static final int ML_DSA_44_BYTES = 1312;

  private static final int ID_BYTES = 4;

  private final String name;
  private final NoteKeyType type;
  private final byte[] publicKey;
  private final int keyId;

  private NoteKey(String name, NoteKeyType type, byte[] publicKey) {
    this.name = name;
    this.type = type;
    this.publicKey = publicKey;
    this.keyId = keyId(name, type, publicKey);
  }

  /**
   * The type 0x02 key {@code key} under {@code name}.
   *
   * @throws IllegalArgumentException if the name is not a key name or the key not one of P-256
   */
  public static NoteKey ofP256(String name, ECPublicKey key) {
    return new NoteKey(checkName(name), NoteKeyType.ECDSA_P256, P256Point.of(key).spki());
  }

  /**
   * The type 0x01 key {@code key} under {@code name}.
   *
   * @param key the encoded point, 32 bytes (RFC 8032 section 5.1.2)
   * @throws IllegalArgumentException if the name is not a key name or the key not acceptable
   */
  public static NoteKey ofEd25519(String name, byte[] key) {
    return new NoteKey(checkName(name), NoteKeyType.ED25519, checkEd25519(key));
  }

  /**
   * The type 0x04 key {@code key} of a cosigner under {@code name}.
   *
   * @param key the encoded point, 32 bytes (RFC 8032 section 5.1.2)
   * @throws IllegalArgumentException if the name is not a key name or the key not acceptable
   */
  public static NoteKey ofCosigner(String name, byte[] key) {
    return new NoteKey(checkName(name), NoteKeyType.COSIGNATURE_V1, checkEd25519(key));
  }

  /** Reads the text that {@link #vkey} writes. */
  public static NoteKey parse(String vkey) throws MalformedNoteKeyException {
    int first = vkey.indexOf('+');
    int second = vkey.indexOf('+', first + 1);
    if (vkey.length() > MAX_VKEY_CHARS || first < 0 || second < 0) {
      throw new MalformedNoteKeyException(
          "text",
          "name+keyid+key with at most " + MAX_VKEY_CHARS + " characters",
          MalformedTlogException.quote(vkey),
          -1);
    }
    String name = vkey.substring(0, first);
    String id = vkey.substring(first + 1, second);
    byte[] base64 = vkey.substring(second + 1).getBytes(StandardCharsets.UTF_8);
    if (!KeyName.isValid(name)) {
      throw new MalformedNoteKeyException(
          "name", KeyName.RULE, MalformedTlogException.quote(name), -1);
    }
    byte[] typed =
        StrictBase64.decode(base64)
            .filter(bytes -> bytes.length > 0)
            .orElseThrow(
                () ->
                    new MalformedNoteKeyException(
                        "key",
                        "canonical base64 of type and public key",
                        MalformedTlogException.quote(base64),
                        -1));
    int code = typed[0] & 0xff;
    NoteKeyType type =
        NoteKeyType.ofCode(code)
            .orElseThrow(
                () ->
                    new MalformedNoteKeyException(
                        "type",
                        "0x01, 0x02, 0x04, 0x05 or 0x06",
                        String.format("0x%02x", code),
                        -1));
    byte[] publicKey = Arrays.copyOfRange(typed, 1, typed.length);
    if (!isPublicKey(type, publicKey)) {
      throw new MalformedNoteKeyException(
          "public key",
          publicKeyForm(type),
          MalformedTlogException.quote(HexFormat.of().formatHex(publicKey)),
          -1);
    }
    NoteKey key = new NoteKey(name, type, publicKey);
    if (!key.hexId().equals(id)) {
      throw new MalformedNoteKeyException(
          "key ID", key.hexId() + ", computed from the key", MalformedTlogException.quote(id), -1);
    }
    return key;
  }

  /** The name that the key signs under; for a log, its origin. */
  public String name() {
    return name;
  }

  /** What the key signs and how. */
  public NoteKeyType type() {
    return type;
  }

  /** The key ID, a big-endian u32. */
  public int keyId() {
    return keyId;
  }

  /** The public key as the vkey holds it, without the type byte. */
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /** The key as text. */
  public String vkey() {
    byte[] typed = new byte[1 + publicKey.length];
    typed[0] = (byte) type.code();
    System.arraycopy(publicKey, 0, typed, 1, publicKey.length);
    return name + "+" + hexId() + "+" + StrictBase64.encode(typed);
  }

  /** The point of a type 0x02 or 0x05 key. */
  P256Point p256Point() {
    return P256Point.ofSpki(publicKey)
        .orElseThrow(() -> new IllegalStateException("a bug: " + type + " keys are P-256 keys"));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NoteKey that
        && name.equals(that.name)
        && type == that.type
        && Arrays.equals(publicKey, that.publicKey);
  }

  @Override
  public int hashCode() {
    return keyId;
  }

  @Override
  public String toString() {
    return vkey();
  }

  private String hexId() {
    return HexFormat.of().toHexDigits(keyId);
  }

  private static String checkName(String name) {
    if (!KeyName.isValid(name)) {
      throw new IllegalArgumentException(
          "a key name must be " + KeyName.RULE + ", was " + MalformedTlogException.quote(name));
    }
    return name;
  }

  private static byte[] checkEd25519(byte[] key) {
    if (!Ed25519Verifier.isAcceptablePoint(key)) {
      throw new IllegalArgumentException(
          "an Ed25519 key must be 32 bytes, a canonical point not of small order, was not");
    }
    return key.clone();
  }

  private static String publicKeyForm(NoteKeyType type) {
    return switch (type) {
      case ED25519, COSIGNATURE_V1 -> "32 bytes, a canonical Ed25519 point not of small order";
      case ECDSA_P256, RFC6962_TREE_HEAD ->
          "a SubjectPublicKeyInfo with a named P-256 curve and an uncompressed point";
      case ML_DSA_44_COSIGNATURE -> ML_DSA_44_BYTES + " bytes, an ML-DSA-44 key";
    };
  }

  private static boolean isPublicKey(NoteKeyType type, byte[] key) {
    return switch (type) {
      case ED25519, COSIGNATURE_V1 -> Ed25519Verifier.isAcceptablePoint(key);
      case ECDSA_P256, RFC6962_TREE_HEAD -> P256Point.ofSpki(key).isPresent();
      // Each string of this length is an encoding (FIPS 204, algorithm 23).
      case ML_DSA_44_COSIGNATURE -> key.length == ML_DSA_44_BYTES;
    };
  }

  private static int keyId(String name, NoteKeyType type, byte[] publicKey) {
    byte[] prefix = {'\n', (byte) type.code()};
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    Hash hash =
        switch (type) {
          case ED25519, COSIGNATURE_V1, ML_DSA_44_COSIGNATURE ->
              Hash.sha256(nameBytes, prefix, publicKey);
          case ECDSA_P256 -> Hash.sha256(publicKey);
          case RFC6962_TREE_HEAD -> Hash.sha256(nameBytes, prefix, Hash.sha256(publicKey).bytes());
        };
    return ByteBuffer.wrap(hash.bytes(), 0, ID_BYTES).getInt();
  }
}
