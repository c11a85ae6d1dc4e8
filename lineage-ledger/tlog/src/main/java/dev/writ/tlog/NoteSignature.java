// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * One signature line of a note: who says to have signed, and the signature, not verified.
 *
 * <pre>
 * line = U+2014 " " name " " base64(key ID || signature) "\n"
 * </pre>
 */
public final class NoteSignature {
  static final String PREFIX = "\u2014 ";

  /** Bytes of the key ID. */
  private static final int ID_BYTES = 4;

  private final String name;
  private final int keyId;
  private final byte[] bytes;

  /**
   * The signature {@code bytes} by the key with this name and ID.
   *
   * @throws IllegalArgumentException if the name is not a key name, or there is no signature
   */
  public NoteSignature(String name, int keyId, byte[] bytes) {
    if (!KeyName.isValid(name)) {
      throw new IllegalArgumentException("a key name must be " + KeyName.RULE + ", was not");
    }
    if (bytes.length == 0) {
      throw new IllegalArgumentException("a signature must have at least 1 byte, had none");
    }
    this.name = name;
    this.keyId = keyId;
    this.bytes = bytes.clone();
  }

  /** Reads a line at {@code lines}, without its newline. */
  static NoteSignature parse(LineCursor<MalformedNoteException> lines)
      throws MalformedNoteException {
    String mustBe = "an em dash, name, and base64 with one space between";
    String line = lines.nextText("signature line", mustBe);
    int space = line.indexOf(' ', PREFIX.length());
    if (!line.startsWith(PREFIX) || space < 0) {
      throw lines.malformed("signature line", mustBe, line);
    }
    String name = line.substring(PREFIX.length(), space);
    if (!KeyName.isValid(name)) {
      throw lines.malformed("key name", KeyName.RULE, name);
    }
    String base64 = line.substring(space + 1);
    byte[] decoded =
        StrictBase64.decode(base64.getBytes(StandardCharsets.UTF_8))
            .filter(bytes -> bytes.length > ID_BYTES)
            .orElseThrow(
                () ->
                    lines.malformed(
                        "signature", "canonical base64 of key ID and signature", base64));
    return new NoteSignature(
        name,
        ByteBuffer.wrap(decoded).getInt(),
        Arrays.copyOfRange(decoded, ID_BYTES, decoded.length));
  }

  /** Name of the key that is said to have signed. */
  public String name() {
    return name;
  }

  /** ID of the key that is said to have signed, a big-endian u32. */
  public int keyId() {
    return keyId;
  }

  /** The signature, without the key ID. */
  public byte[] bytes() {
    return bytes.clone();
  }

  byte[] rawBytes() {
    return bytes;
  }

  /** Whether the line says to be by {@code key}. */
  boolean isBy(NoteKey key) {
    return keyId == key.keyId() && name.equals(key.name());
  }

  /** The signature line, with its newline. */
  public String line() {
    byte[] withId = ByteBuffer.allocate(ID_BYTES + bytes.length).putInt(keyId).put(bytes).array();
    return PREFIX + name + " " + StrictBase64.encode(withId) + "\n";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NoteSignature that
        && keyId == that.keyId
        && name.equals(that.name)
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * keyId + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return name + "+" + HexFormat.of().toHexDigits(keyId);
  }
}
