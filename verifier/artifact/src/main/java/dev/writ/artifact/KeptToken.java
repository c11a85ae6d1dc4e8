// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file {@code status-…} of {@link SeenOnDisk}: the newest token of one list. What says which of two
 * is the later stands before the token, so that the latest of many lists is found by parsing one.
 *
 * @param listUri {@link StatusClaims#listUri()}
 * @param iat seconds since 1970
 * @param treeSize {@link StatusGovernance#treeSize()}
 * @param compact the token's text
 */
record KeptToken(String listUri, long iat, long treeSize, String compact) {
  static final String PREFIX = "status-";

  private static final long MAGIC =
      ByteBuffer.wrap("writsta1".getBytes(StandardCharsets.US_ASCII)).getLong();
  private static final int FIXED_BYTES = 28;
  private static final int CHECKSUM_BYTES = 4;
  private static final int MAX_URI = 512;
  static final int MAX_BYTES = FIXED_BYTES + MAX_URI + StatusToken.MAX_LENGTH + CHECKSUM_BYTES;

  static KeptToken of(StatusToken token) {
    StatusClaims claims = token.claims();
    return new KeptToken(
        claims.listUri(), claims.iat().getEpochSecond(), claims.writ().treeSize(), token.compact());
  }

  /** The name of the file of a list's token. */
  static String name(String listUri) {
    return PREFIX + Hash.sha256(listUri.getBytes(StandardCharsets.UTF_8)).hex();
  }

  byte[] encode() {
    byte[] uri = listUri.getBytes(StandardCharsets.US_ASCII);
    byte[] token = compact.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes =
        ByteBuffer.allocate(FIXED_BYTES + uri.length + token.length + CHECKSUM_BYTES)
            .putLong(MAGIC)
            .putLong(iat)
            .putLong(treeSize)
            .putShort((short) uri.length)
            .putShort((short) token.length)
            .put(uri)
            .put(token);
    return bytes.putInt(checksum(bytes.array(), bytes.position())).array();
  }

  /** The file's content. */
  static KeptToken parse(Path file, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    int sum = content.length - CHECKSUM_BYTES;
    if (sum < FIXED_BYTES
        || bytes.getInt(sum) != checksum(content, sum)
        || bytes.getLong() != MAGIC) {
      throw corrupt(file);
    }
    long iat = bytes.getLong();
    long treeSize = bytes.getLong();
    int uri = Short.toUnsignedInt(bytes.getShort());
    int token = Short.toUnsignedInt(bytes.getShort());
    if (FIXED_BYTES + uri + token != sum) {
      throw corrupt(file);
    }
    return new KeptToken(
        new String(content, FIXED_BYTES, uri, StandardCharsets.US_ASCII),
        iat,
        treeSize,
        new String(content, FIXED_BYTES + uri, token, StandardCharsets.US_ASCII));
  }

  /** The token, parsed again. */
  StatusToken token(Path file) throws IOException {
    StatusToken token;
    try {
      token = StatusToken.parse(compact);
    } catch (MalformedStatusTokenException e) {
      throw new IOException(corrupt(file).getMessage(), e);
    }
    if (!of(token).equals(this)) {
      throw corrupt(file);
    }
    return token;
  }

  /** {@link StatusToken#isLaterThan}. */
  boolean isLaterThan(KeptToken other) {
    return iat > other.iat || (iat == other.iat && treeSize > other.treeSize);
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, length);
    return (int) sum.getValue();
  }

  private static IOException corrupt(Path file) {
    return new IOException(
        file
            + " must be a status token as it was kept, and is not: without it a withdrawn artifact could"
            + " pass, and nothing may run. Remove the file once a newer token of its list is at hand");
  }
}
