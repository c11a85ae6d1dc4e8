// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * An Ed25519 key as it lies in a file: lines of {@code key = value}, in this order and no other form.
 *
 * <pre>
 * format = writ-wrapped-key-1
 * label = LABEL      of the token's key that wraps it, which is also the role's in the inventory
 * id = HEX           likewise
 * public = HEX       the public half, 32 bytes
 * wrapped = HEX      nonce, 12 bytes; AES-256-GCM of the private half (RFC 8032: 32 bytes); tag, 16 bytes
 * </pre>
 *
 * <p>The lines before the last are the associated data of AES-GCM: none of them can be changed.
 *
 * @param spec whose key it is
 * @param point the public half
 * @param wrapped nonce, ciphertext and tag
 */
record WrappedKeyFile(KeySpec spec, byte[] point, byte[] wrapped) {
  /** Twice the longest. */
  static final int MAX_BYTES = 1_024;

  static final int WRAPPED_BYTES =
      WrappingKey.NONCE_BYTES + MemoryEd25519Key.SEED_BYTES + WrappingKey.TAG_BYTES;

  private static final String FORMAT = "writ-wrapped-key-1";
  private static final Pattern POINT = hex(KeyAlgorithm.EDWARDS_POINT_BYTES);
  private static final Pattern WRAPPED = hex(WRAPPED_BYTES);

  private static Pattern hex(int bytes) {
    return Pattern.compile("[0-9a-f]{" + 2 * bytes + "}");
  }

  /**
   * Reads one of {@code spec}'s.
   *
   * @throws MalformedHsmConfigException also if it is another key's
   */
  static WrappedKeyFile parse(KeySpec spec, byte[] bytes) throws MalformedHsmConfigException {
    String source = "the wrapped key's file";
    if (bytes.length > MAX_BYTES) {
      throw new MalformedHsmConfigException(
          source, "its size", "at most " + MAX_BYTES + " bytes", bytes.length + " bytes or more");
    }
    Settings settings = Settings.parse(source, bytes);
    require(settings, "format", FORMAT);
    require(settings, "label", spec.label());
    require(settings, "id", spec.idHex());
    String point = settings.required("public", POINT, "32 bytes in lower-case hex");
    String wrapped =
        settings.required("wrapped", WRAPPED, WRAPPED_BYTES + " bytes in lower-case hex");
    settings.requireAllAsked();
    WrappedKeyFile file =
        new WrappedKeyFile(spec, HexFormat.of().parseHex(point), HexFormat.of().parseHex(wrapped));
    if (!Arrays.equals(file.bytes(), bytes)) {
      throw new MalformedHsmConfigException(
          source, "its form", "as writ keys init wrote it, byte for byte", "another");
    }
    return file;
  }

  private static void require(Settings settings, String key, String value)
      throws MalformedHsmConfigException {
    if (!settings.required(key).equals(value)) {
      throw settings.refused(key, value);
    }
  }

  /** What {@link #wrapped} is bound to. */
  static byte[] context(KeySpec spec, byte[] point) {
    return String.format(
            "format = %s\nlabel = %s\nid = %s\npublic = %s\n",
            FORMAT, spec.label(), spec.idHex(), HexFormat.of().formatHex(point))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** The file that is read as this. */
  byte[] bytes() {
    byte[] context = context(spec, point);
    byte[] last =
        ("wrapped = " + HexFormat.of().formatHex(wrapped) + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(context, context.length + last.length);
    System.arraycopy(last, 0, all, context.length, last.length);
    return all;
  }
}
