// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.tpm.ApproverKey;
import dev.writ.tpm.SealedData;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * An Ed25519 key that is sealed to a host's TPM beside its PIN: JCS (RFC 8785) and one newline, in no other
 * form. It opens in the state that was approved for the PIN, whose file says which that is.
 *
 * <pre>
 * {v: 1,
 *  key      the public half, 32 bytes, base64url
 *  parent   the name of the storage root key, base64url
 *  private  content of the TPM2B_PRIVATE, base64url
 *  public   TPMT_PUBLIC, base64url}
 * </pre>
 *
 * @param point the public half
 * @param data what is sealed: the private half, 32 bytes (RFC 8032, section 5.1.5)
 */
record SealedKeyFile(byte[] point, SealedData data) {
  /** Longest file accepted, in bytes. */
  static final int MAX_BYTES = 8 * 1024;

  private static final int POINT_BYTES = 32;
  private static final int MAX_PUBLIC = 512;
  private static final int MAX_NAME = 66;

  /**
   * Reads one.
   *
   * @param approver whose signature opens the PIN, and so the key
   * @throws IOException if it is none of this approver's
   */
  static SealedKeyFile parse(byte[] json, ApproverKey approver) throws IOException {
    SealedKeyFile file;
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      file =
          new SealedKeyFile(
              members.base64Url("key", POINT_BYTES),
              SealedData.of(
                  members.base64UrlUpTo("public", MAX_PUBLIC),
                  members.base64UrlUpTo("private", SealedData.MAX_PRIVATE_BYTES),
                  members.base64UrlUpTo("parent", MAX_NAME),
                  approver));
      members.end();
    } catch (MalformedJsonException | TpmException e) {
      throw new IOException(
          "must be a key that writ keys init sealed beside this host's PIN, and is not: "
              + e.getMessage(),
          e);
    }
    if (!Arrays.equals(file.toJson(), json)) {
      throw new IOException(
          "must be byte for byte as writ keys init wrote it, and was written by something else:"
              + " restore it");
    }
    return file;
  }

  /** The file that is read as this. */
  byte[] toJson() {
    Map<String, Object> map =
        Map.of(
            "v",
            1,
            "key",
            base64Url(point),
            "parent",
            base64Url(data.parentName()),
            "private",
            base64Url(data.wrappedPrivate()),
            "public",
            base64Url(data.publicArea()));
    return (new String(Jcs.canonical(map), StandardCharsets.UTF_8) + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
